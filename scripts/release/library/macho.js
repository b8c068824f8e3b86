'use strict'

/* What the dynamic linker of macOS reads of a 64-bit little-endian Mach-O file. */

const MACHINES = { 0x01000007: 'x64', 0x0100000c: 'arm64' }
const DYLIB = 6
const BUNDLE = 8
const COMMAND = {
  symtab: 0x2, loadDylib: 0xc, loadWeakDylib: 0x80000018, reexportDylib: 0x8000001f, lazyDylib: 0x20, signature: 0x1d, minVersion: 0x24, buildVersion: 0x32
}
const LOADS = [COMMAND.loadDylib, COMMAND.loadWeakDylib, COMMAND.reexportDylib, COMMAND.lazyDylib]
/** In a symbol's type. */
const [DEBUG, TYPE, EXTERNAL] = [0xe0, 0x0e, 0x01]
const WEAK_REFERENCE = 0x40
/** As the number of the library: the symbol is looked up everywhere in the process. */
const DYNAMIC_LOOKUP = 0xfe

const is = (bytes) => bytes.length > 32 && bytes.readUInt32LE(0) === 0xfeedfacf

function read (bytes) {
  const type = bytes.readUInt32LE(12)
  const commands = commandsOf(bytes)
  const libraries = commands.filter(({ command }) => LOADS.includes(command))
    .map(({ at }) => textAt(bytes, at + bytes.readUInt32LE(at + 8)))
  const symbols = commands.filter(({ command }) => command === COMMAND.symtab).flatMap(({ at }) => symbolsOf(bytes, at))
  return {
    format: 'Mach-O',
    machine: MACHINES[bytes.readUInt32LE(4)],
    isLibrary: type === DYLIB || type === BUNDLE,
    libraries,
    imports: symbols.filter(({ isDefined }) => !isDefined).map(({ name, description }) => ({
      name, weak: (description & WEAK_REFERENCE) !== 0, ...libraryOf(description >> 8, libraries)
    })),
    exports: symbols.filter(({ isDefined }) => isDefined).map(({ name }) => name),
    system: systemOf(bytes, commands),
    isSigned: commands.some(({ command }) => command === COMMAND.signature)
  }
}

function commandsOf (bytes) {
  const commands = []
  for (let left = bytes.readUInt32LE(16), at = 32; left > 0; left--) {
    commands.push({ command: bytes.readUInt32LE(at), at })
    at += bytes.readUInt32LE(at + 4)
  }
  return commands
}

function symbolsOf (bytes, at) {
  const [first, count, texts] = [8, 12, 16].map((field) => bytes.readUInt32LE(at + field))
  return Array.from({ length: count }, (_, index) => first + index * 16)
    .filter((entry) => (bytes[entry + 4] & DEBUG) === 0 && (bytes[entry + 4] & EXTERNAL) !== 0)
    .map((entry) => ({
      name: textAt(bytes, texts + bytes.readUInt32LE(entry)).replace(/^_/, ''),
      isDefined: (bytes[entry + 4] & TYPE) !== 0,
      description: bytes.readUInt16LE(entry + 6)
    }))
}

function libraryOf (number, libraries) {
  return number === DYNAMIC_LOOKUP ? {} : { library: libraries[number - 1] }
}

/** The oldest macOS that may load it, such as '10.13'. */
function systemOf (bytes, commands) {
  const found = commands.find(({ command }) => command === COMMAND.minVersion || command === COMMAND.buildVersion)
  if (found === undefined) return undefined
  const version = bytes.readUInt32LE(found.at + (found.command === COMMAND.buildVersion ? 12 : 8))
  return `${version >> 16}.${(version >> 8) & 0xff}`
}

function textAt (bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at))
}

module.exports = { is, read }
