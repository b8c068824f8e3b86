'use strict'

/* 200 kills at random moments: nothing that was answered is lost, no session that was destroyed is back. */

const { killAtRandom } = require('./kill')

const KILLS = 200
const TIME = 170_000

module.exports = async ([kills = KILLS]) => {
  const { kills: done, answers, problems } = await killAtRandom(Number(kills), TIME)
  console.log(`${done} kills, ${answers} writes answered, ${problems.length} problems`)
  for (const problem of problems) console.log(problem)
  // Fewer in the time that there is are no failure, but must not be none.
  return { passed: problems.length === 0 && done > 0 ? 1 : 0, failed: problems.length > 0 || done === 0 ? 1 : 0, skipped: 0 }
}
