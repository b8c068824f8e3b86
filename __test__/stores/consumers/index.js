'use strict'

module.exports = { ...require('./middleware'), ...require('./frameworks'), ...require('./sockets') }
