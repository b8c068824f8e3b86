'use strict'

/* What the loader of Windows reads of a 64-bit PE file. */

const MACHINES = { 0x8664: 'x64', 0xaa64: 'arm64' }
const DLL = 0x2000
const PE32_PLUS = 0x20b
const DIRECTORY = { exports: 0, imports: 1, delayedImports: 13 }
const BY_NUMBER = 1n << 63n

const is = (bytes) => bytes.length > 64 && bytes.toString('latin1', 0, 2) === 'MZ'

function read (bytes) {
  const header = bytes.readUInt32LE(60)
  if (bytes.toString('latin1', header, header + 4) !== 'PE\0\0') throw new Error('it is not a PE file')
  const optional = header + 24
  if (bytes.readUInt16LE(optional) !== PE32_PLUS) throw new Error('it is not a 64-bit PE file')
  const image = { bytes, sections: sectionsOf(bytes, header) }
  const directory = (index) => {
    return index < bytes.readUInt32LE(optional + 108) ? bytes.readUInt32LE(optional + 112 + index * 8) : 0
  }
  const imports = [
    ...importsOf(image, directory(DIRECTORY.imports), { size: 20, name: 12, names: 0, addresses: 16 }),
    ...importsOf(image, directory(DIRECTORY.delayedImports), { size: 32, name: 4, names: 16, addresses: 12 })
  ]
  return {
    format: 'PE',
    machine: MACHINES[bytes.readUInt16LE(header + 4)],
    isLibrary: (bytes.readUInt16LE(header + 22) & DLL) !== 0,
    libraries: [...new Set(imports.map(({ library }) => library))],
    imports,
    exports: exportsOf(image, directory(DIRECTORY.exports))
  }
}

function sectionsOf (bytes, header) {
  const first = header + 24 + bytes.readUInt16LE(header + 20)
  return Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, index) => {
    const at = first + index * 40
    return { address: bytes.readUInt32LE(at + 12), size: bytes.readUInt32LE(at + 16), offset: bytes.readUInt32LE(at + 20) }
  })
}

/** The place in the file of an address in memory. */
function offsetOf ({ sections }, address) {
  const section = sections.find((one) => address >= one.address && address < one.address + one.size)
  if (section === undefined) throw new Error(`no section has the address ${address}`)
  return address - section.address + section.offset
}

function textAt (image, address) {
  const at = offsetOf(image, address)
  return image.bytes.toString('latin1', at, image.bytes.indexOf(0, at))
}

/** `layout` says how long a library's entry is and where its fields are. */
function importsOf (image, address, layout) {
  const imports = []
  if (address === 0) return imports
  for (let at = offsetOf(image, address); ; at += layout.size) {
    const field = (offset) => image.bytes.readUInt32LE(at + offset)
    if (field(layout.name) === 0) return imports
    const library = textAt(image, field(layout.name)).toLowerCase()
    for (let entry = offsetOf(image, field(layout.names) || field(layout.addresses)); ; entry += 8) {
      const value = image.bytes.readBigUInt64LE(entry)
      if (value === 0n) break
      const name = value & BY_NUMBER ? `#${value & 0xffffn}` : textAt(image, Number(value) + 2)
      imports.push({ name, weak: false, library })
    }
  }
}

function exportsOf (image, address) {
  if (address === 0) return []
  const at = offsetOf(image, address)
  const names = image.bytes.readUInt32LE(at + 32)
  return Array.from({ length: image.bytes.readUInt32LE(at + 24) }, (_, index) =>
    textAt(image, image.bytes.readUInt32LE(offsetOf(image, names) + index * 4)))
}

module.exports = { is, read }
