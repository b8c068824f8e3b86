'use strict'

const { table, times } = require('./table')

module.exports = { goalsOf, goalsTable, slowerThan }

/** What the project set itself to reach, with the figures of a run. */
function goalsOf ({ middleware, primitives, apps, redis, sizes }) {
  return [
    ...(middleware ? middleware.rows.flatMap(ofMiddleware) : []),
    ...(primitives ? primitives.rows.map((row) => atLeast(row.kind === 'id' ? 20 : 6, `${row.kind}, against ${row.against}`, row.over)) : []),
    ...(apps
      ? apps.rows.filter((row) => row.framework === 'Express 5').map((row) => (
        atMost(1.2, `Express 5 app, ${row.kind}: CPU over the app without sessions`, row.oursOverNone)
      ))
      : []),
    ...(redis && redis.rows ? redis.rows.map((row) => atLeast(4, `connect-redis, ${row.kind}: the middleware's share`, row.over)) : []),
    ...(sizes
      ? sizes.rows.filter((row) => row.bytes === 200_000 && row.kind === 'read').map((row) => (
        atLeast(2, 'session of 200 KB, read', row.over)
      ))
      : [])
  ]
}

function ofMiddleware ({ kind, overUpstream, overPartsAndObjects, overParts }) {
  return [
    atLeast(kind === 'login' || kind === 'write' ? 8 : 10, `${kind}, against MemoryStore`, overUpstream),
    atMost(2, `${kind}, against its parts`, overParts),
    // An id alone says little about a request that must have a session.
    ...(kind === 'anonymous' || kind === 'forged' ? [atMost(2, `${kind}, against its parts and objects`, overPartsAndObjects)] : [])
  ]
}

function atLeast (goal, what, spread) {
  return { what, goal: `≥ ${goal}×`, spread, met: spread.median >= goal }
}

function atMost (goal, what, spread) {
  return { what, goal: `≤ ${goal}×`, spread, met: spread.median <= goal }
}

function goalsTable (goals) {
  return table(['Goal', 'wanted', 'this run', ''], goals.map(({ what, goal, spread, met }) => (
    [what, goal, times(spread), met ? 'met' : 'missed']
  )))
}

/** The comparisons in which this package took more time than the other. */
function slowerThan ({ middleware, primitives, redis, sizes, apps }) {
  const all = [
    ...(middleware
      ? middleware.rows.flatMap((row) => [
        [`${row.kind}, against MemoryStore`, row.overUpstream],
        [`${row.kind}, against memorystore`, row.overMemorystore],
        [`${row.kind}, another store`, row.ordinary.over]
      ])
      : []),
    ...(primitives ? primitives.rows.map((row) => [row.kind, row.over]) : []),
    ...(redis && redis.rows ? redis.rows.map((row) => [`${row.kind}, connect-redis`, row.overInAll]) : []),
    ...(sizes ? sizes.rows.map((row) => [`${row.bytes} bytes, ${row.kind}`, row.over]) : []),
    ...(apps ? apps.rows.map((row) => [`${row.framework}, ${row.kind}: throughput`, row.throughputOverUpstream]) : [])
  ]
  return all.filter(([, spread]) => spread.median < 1)
}
