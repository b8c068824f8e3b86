'use strict'

const Keyring = require('../../../session/keyring')
const { slicer } = require('../drive')
const { SLICE } = require('../requests')
const { NAME, SECRET } = require('../sample')

module.exports = primitives

const MAKE = {
  ours: {
    sign: ({ keyring }) => (id) => keyring.sign(id),
    unsign: ({ keyring }) => (id, signed) => keyring.unsign(signed),
    id: ({ native }) => native.generateId
  },
  theirs: {
    sign: ({ signature }) => (id) => signature.sign(id, SECRET),
    unsign: ({ signature }) => (id, signed) => signature.unsign(signed, SECRET),
    id: ({ uid }) => () => uid.sync(24)
  }
}

/** One of sign, unsign and id, of the engine or of cookie-signature and uid-safe. */
async function primitives ({ contestant, kind }) {
  const modules = {
    native: require('../../../session/native'),
    keyring: new Keyring(NAME, [SECRET]),
    signature: require('cookie-signature'),
    uid: require('uid-safe')
  }
  const work = MAKE[contestant][kind](modules)
  const ids = Array.from({ length: SLICE }, modules.native.generateId)
  const signed = ids.map((id) => Buffer.from(modules.signature.sign(id, SECRET)).toString('latin1'))
  const right = { sign: signed[0], unsign: ids[0] }[kind]
  if (right !== undefined && work(ids[0], signed[0]) !== right) throw new Error(`${contestant} ${kind} is wrong`)

  return slicer(() => {
    let kept
    for (let i = 0; i < SLICE; i++) kept = work(ids[i], signed[i])
    if (typeof kept !== 'string' || kept.length < 32) throw new Error(`${contestant} ${kind} made ${kept}`)
  }, SLICE)
}
