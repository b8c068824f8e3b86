'use strict'

module.exports = require('../lib/session/session')
