'use strict'

const { asyncStore } = require('../async-store')
const { upstream } = require('../contestants')
const { drive, slicer } = require('../drive')
const { IN_FLIGHT, SLICE, USERS } = require('../requests')
const { fillStore, storeCalls } = require('../store-calls')

module.exports = storeAlone

/** The work of the asynchronous store in requests of a kind, and the turns of the event loop. */
async function storeAlone ({ kind }) {
  const store = asyncStore(upstream())
  const exchange = storeCalls(kind, store, await fillStore(store, USERS))
  return slicer(() => drive(exchange, SLICE, IN_FLIGHT), SLICE)
}
