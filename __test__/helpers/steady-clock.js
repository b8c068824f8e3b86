'use strict'

/*
 * The clock that nobody can set, which tests may stop: calls that have to come within some milliseconds do so on a busy
 * machine too. The package takes the clock when it is loaded, so this file has to be required before.
 */

const clock = require('../../lib/util/clock')

if (require.cache[require.resolve('../../lib/stores/redis/flight')]) throw new Error('require steady-clock before the package')

let stoppedAt
const { elapsed } = clock
clock.elapsed = () => stoppedAt ?? elapsed()

/** Runs a function while the clock stands still. */
function atOneMoment (run) {
  stoppedAt = elapsed()
  try {
    return run()
  } finally {
    stoppedAt = undefined
  }
}

module.exports = { atOneMoment }
