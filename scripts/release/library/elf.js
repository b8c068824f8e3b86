'use strict'

/* What the dynamic linker of Linux reads of a 64-bit little-endian ELF file. */

const MACHINES = { 62: 'x64', 183: 'arm64' }
const SHARED = 3
const SECTION = { dynamic: 6, dynsym: 11, verneed: 0x6ffffffe, versym: 0x6fffffff }
const NEEDED = 1
const WEAK = 2
const GLOBAL = 1
const HIDDEN = 0x8000
const WEAK_VERSION = 2

const is = (bytes) => bytes.length > 64 && bytes.readUInt32BE(0) === 0x7f454c46

function read (bytes) {
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error('it is not a 64-bit little-endian ELF file')
  const sections = sectionsOf(bytes)
  const find = (type) => sections.find((section) => section.type === type)
  const symbols = find(SECTION.dynsym)
  if (symbols === undefined) throw new Error('it has no dynamic symbols')
  const text = textsOf(bytes, sections[symbols.link])

  const versions = versionsOf(bytes, find(SECTION.verneed), sections)
  const versym = find(SECTION.versym)
  const imports = []
  const exports = []
  for (let at = 1; at < symbols.size / 24; at++) {
    const entry = symbols.offset + at * 24
    const name = text(bytes.readUInt32LE(entry))
    const bind = bytes[entry + 4] >> 4
    const isDefined = bytes.readUInt16LE(entry + 6) !== 0
    if (name === '' || (bind !== GLOBAL && bind !== WEAK)) continue
    if (isDefined) exports.push(name)
    else imports.push({ name, weak: bind === WEAK, ...versym && taken(versions.get(bytes.readUInt16LE(versym.offset + at * 2) & ~HIDDEN)) })
  }
  return {
    format: 'ELF',
    machine: MACHINES[bytes.readUInt16LE(18)],
    isLibrary: bytes.readUInt16LE(16) === SHARED,
    libraries: librariesOf(bytes, find(SECTION.dynamic), sections),
    imports,
    exports,
    versions: [...versions.values()].filter(({ weak, isTaken }) => !weak && !isTaken).map(({ version }) => version)
  }
}

function taken (version) {
  if (version === undefined) return {}
  version.isTaken = true
  return { library: version.library, version: version.version }
}

function sectionsOf (bytes) {
  const start = Number(bytes.readBigUInt64LE(40))
  const [size, count] = [bytes.readUInt16LE(58), bytes.readUInt16LE(60)]
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: Number(bytes.readBigUInt64LE(at + 24)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
      link: bytes.readUInt32LE(at + 40),
      info: bytes.readUInt32LE(at + 44)
    }
  })
}

/** Reads zero-terminated texts of a string table. */
function textsOf (bytes, { offset }) {
  return (at) => bytes.toString('latin1', offset + at, bytes.indexOf(0, offset + at))
}

function librariesOf (bytes, dynamic, sections) {
  if (dynamic === undefined) return []
  const text = textsOf(bytes, sections[dynamic.link])
  const found = []
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    if (bytes.readBigInt64LE(at) === BigInt(NEEDED)) found.push(text(Number(bytes.readBigUInt64LE(at + 8))))
  }
  return found
}

/** From the index in .gnu.version to the library and the version that a symbol is taken from. */
function versionsOf (bytes, verneed, sections) {
  const versions = new Map()
  if (verneed === undefined) return versions
  const text = textsOf(bytes, sections[verneed.link])
  for (let left = verneed.info, at = verneed.offset; left > 0; left--) {
    const library = text(bytes.readUInt32LE(at + 4))
    let entry = at + bytes.readUInt32LE(at + 8)
    for (let count = bytes.readUInt16LE(at + 2); count > 0; count--) {
      versions.set(bytes.readUInt16LE(entry + 6), {
        library, version: text(bytes.readUInt32LE(entry + 8)), weak: (bytes.readUInt16LE(entry + 4) & WEAK_VERSION) !== 0
      })
      entry += bytes.readUInt32LE(entry + 12)
    }
    at += bytes.readUInt32LE(at + 12)
  }
  return versions
}

module.exports = { is, read }
