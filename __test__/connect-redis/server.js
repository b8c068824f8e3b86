'use strict'

/* In place of the suite's own server, whose port is a fixed one. */

const { startRedis } = require('../redis/servers')

let server

module.exports = {
  port: undefined,

  async connect () {
    server = await startRedis()
    module.exports.port = server.port
  },

  disconnect: () => server.kill()
}
