'use strict'

module.exports = require('../lib/stores/memory')
