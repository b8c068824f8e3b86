'use strict'

/*
 * Behind connect-redis. Its own work, measured without a middleware, is taken off.
 */

const { NATIVE } = require('../contestants')
const { startRedis } = require('../redis-server')
const { contestants, interleave, tabulate } = require('../rounds')
const { cpuTimes, ratio, time } = require('../statistics')

const CONTESTANTS = ['store', 'ours', 'ours-beside', 'upstream']

/** Undefined without a redis-server. */
async function measure (run) {
  const server = await startRedis()
  if (server === undefined) return undefined

  try {
    const measured = await tabulate(['login', 'read', 'write'], async (kind) => (
      figures(await interleave(run, kind, contestants('middleware.redis', CONTESTANTS, { kind, port: server.port })))
    ))
    return { note: `Redis ${server.version}`, ...measured }
  } finally {
    server.stop()
  }
}

function figures (results) {
  const { cpu, own } = cpuTimes(results, 'store')
  return {
    all: {
      'connect-redis itself': time(cpu('store')),
      [`${NATIVE}, share`]: time(own('ours')),
      'express-session, share': time(own('upstream')),
      'share / share': ratio(own('upstream'), own('ours')),
      'beside: share / share': ratio(own('upstream'), own('ours-beside')),
      'in all': ratio(cpu('upstream'), cpu('ours'))
    }
  }
}

module.exports = { rounds: 5, slices: 8, measure, goals: [['all', 'share / share', () => ['≥', 4]]], faster: [['all', 'in all']] }
