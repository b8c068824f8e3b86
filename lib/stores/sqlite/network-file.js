'use strict'

const fs = require('fs')
const path = require('path')

module.exports = { refuseNetworkFile }

/**
 * File systems of which several machines may have the file open, by their number in Linux's statfs. Locks and shared
 * memory do not work across machines: sessions would be lost.
 */
const NETWORK = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x786f4256, 'a VirtualBox shared folder']
])

/** A path of Windows that names another machine. */
const SHARE = /^[\\/]{2}(?:[^\\/?.]|\?[\\/]UNC[\\/])/i

/**
 * @param {string} file
 * @throws {Error} the file's folder is on a network
 */
function refuseNetworkFile (file) {
  const name = networkOf(file)
  if (name === undefined) return
  throw Object.assign(
    new Error(`the session file ${file} is on ${name}: SQLite needs a local disk. Use a local folder or, for sessions ` +
      'of several machines, a store with a server such as Redis'),
    { code: 'ERR_SESSION_STORE_FILE_SYSTEM' }
  )
}

/**
 * The network that a file is on, or undefined.
 *
 * @param {string} file
 */
function networkOf (file) {
  if (process.platform === 'win32') return SHARE.test(file) ? 'a network share' : undefined
  if (process.platform !== 'linux') return undefined
  try {
    return NETWORK.get(fs.statfsSync(path.dirname(file)).type >>> 0)
  } catch {
    return undefined // the folder does not exist, which opening says better; or Node is older than 18.15
  }
}
