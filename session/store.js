'use strict'

module.exports = require('../lib/stores/store')
