'use strict'

/* 200 kills at random moments: nothing that was answered is lost, no session that was destroyed is back. */

const { killAtRandom } = require('./kill')

const KILLS = 200
const TIME = 170_000

module.exports = async ([kills = KILLS]) => {
  const { kills: done, answers, problems } = await killAtRandom(Number(kills), TIME)
  console.log(`${done} kills, ${answers} writes answered, ${problems.length} problems`)
  for (const problem of problems) console.log(problem)
  const failed = problems.length > 0 || done === 0 ? 1 : 0
  // On a slow machine. What is not shown must not count as shown.
  const skipped = !failed && done < kills ? 1 : 0
  if (skipped) console.log(`skipped: ${kills - done} of ${kills} kills did not fit into ${TIME / 1000} s`)
  return { passed: 1 - failed - skipped, failed, skipped }
}
