'use strict'

const signature = require('cookie-signature')
const uid = require('uid-safe')
const { slicer } = require('../drive')
const { generateId, makeKeyring } = require('../internals')
const { SECRET, SLICE } = require('../sample')

/** Signing, verifying and making ids, each by this package and by the one that express-session uses. */
const PRIMITIVES = {
  sign: {
    ours: (keyring) => (id) => keyring.sign(id),
    theirs: () => (id) => signature.sign(id, SECRET)
  },
  unsign: {
    ours: (keyring) => (id, signed) => keyring.unsign(signed),
    theirs: () => (id, signed) => signature.unsign(signed, SECRET)
  },
  id: {
    ours: () => generateId,
    theirs: () => () => uid.sync(24)
  }
}

async function primitives ({ contestant, kind }) {
  const work = PRIMITIVES[kind][contestant](makeKeyring())
  const ids = Array.from({ length: SLICE }, generateId)
  const signed = ids.map((id) => flat(signature.sign(id, SECRET)))
  const right = { sign: signed[0], unsign: ids[0] }[kind]
  if (right !== undefined && work(ids[0], signed[0]) !== right) throw new Error(`${contestant} ${kind} is wrong`)

  return slicer(() => {
    let kept
    for (let i = 0; i < SLICE; i++) kept = work(ids[i], signed[i])
    if (typeof kept !== 'string' || kept.length < 32) throw new Error(`${contestant} ${kind} made ${kept}`)
  }, SLICE)
}

/** One piece of memory, as strings from Node's parser are, instead of pieces of others. */
function flat (text) {
  return Buffer.from(text, 'latin1').toString('latin1')
}

module.exports = { primitives }
