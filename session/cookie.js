'use strict'

module.exports = require('../lib/cookie/cookie')
