'use strict'

const { createRequire } = require('module')
const path = require('path')
const { clientOf } = require('../../../stores/redis/client')
const Keys = require('../../../stores/redis/keys')
const { REPLACE, run } = require('../../../stores/redis/scripts')
const Problem = require('../problem')

module.exports = openRedis

/** @typedef {import('./index').Place} Place */

/** How many sessions are read and written at once. */
const PAGE = 250
const SCAN_COUNT = 1000
const PREFIX = 'sess:'
/** How long connecting and an answer may take, in milliseconds. */
const CONNECT = 5000
const PATIENCE = 30_000

/**
 * Connects to Redis or Valkey with the client that the project has.
 *
 * @param {string} argument
 */
async function openRedis (argument) {
  let url
  try {
    url = new URL(argument)
  } catch {
    throw new Problem('the Redis address is no URL; write redis://user:password@host:port/0')
  }
  for (const name of url.searchParams.keys()) {
    if (name !== 'prefix') throw new Problem(`${shown(url)} has the option ${JSON.stringify(name)}; only prefix is known`)
  }
  const prefix = url.searchParams.get('prefix') ?? PREFIX
  url.search = ''
  const server = shown(url)
  const connect = connectorOf(server)
  const { client, close } = await inTime(server, () => connect(url.href, false), CONNECT)
  try {
    const place = new Redis(server, prefix, client, close)
    if (!/cluster_enabled:1/.test(await place.ask(['INFO', 'cluster']))) return place
  } catch (err) {
    close()
    throw err
  }
  close()
  const cluster = await inTime(server, () => connect(url.href, true), CONNECT)
  return new Redis(server, prefix, cluster.client, cluster.close)
}

/**
 * Without the password.
 *
 * @param {URL} url
 */
function shown ({ protocol, host, pathname }) {
  return `Redis at ${protocol}//${host}${pathname}`
}

/** @typedef {{client: import('../../../stores/redis/client').Client, close: () => any}} Connection */

/**
 * What connects with the package that is found first: in the project, then beside this package.
 *
 * @param {string} server
 * @return {(url: string, isCluster: boolean) => Promise<Connection>}
 */
function connectorOf (server) {
  const places = [path.join(process.cwd(), 'package.json'), __filename].map(createRequire)
  for (const [name, connect] of /** @type {[string, typeof nodeRedis][]} */ ([['redis', nodeRedis], ['ioredis', ioredis]])) {
    for (const from of places) {
      let library
      try {
        library = from(name)
      } catch {
        continue
      }
      return (url, isCluster) => connect(library, url, isCluster)
    }
  }
  throw new Problem(`${server} needs a client: install the package redis or ioredis in this project`)
}

/**
 * @param {any} library
 * @param {string} url
 * @param {boolean} isCluster
 * @return {Promise<Connection>}
 */
async function nodeRedis (library, url, isCluster) {
  const { username, password, protocol } = new URL(url)
  // A server that is lost is an error, not something to wait for: the command can be run again.
  const socket = { connectTimeout: CONNECT, reconnectStrategy: false, ...protocol === 'rediss:' && { tls: true } }
  const credentials = { ...username && { username: decodeURIComponent(username) }, ...password && { password: decodeURIComponent(password) } }
  const raw = isCluster
    ? library.createCluster({ rootNodes: [{ url, socket }], defaults: { ...credentials, socket } })
    : library.createClient({ url, socket })
  raw.on('error', () => {}) // each command says it too
  await raw.connect()
  return { client: adapted(raw), close: () => raw.isOpen && raw.destroy() }
}

/**
 * @param {any} Client
 * @param {string} url
 * @param {boolean} isCluster
 * @return {Promise<Connection>}
 */
async function ioredis (Client, url, isCluster) {
  const { hostname, port, username, password, protocol } = new URL(url)
  const once = { connectTimeout: CONNECT, lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null }
  const raw = isCluster
    ? new Client.Cluster([{ host: hostname, port: Number(port || 6379) }], {
      lazyConnect: true,
      clusterRetryStrategy: () => null,
      redisOptions: {
        ...once, username: decodeURIComponent(username), password: decodeURIComponent(password), ...protocol === 'rediss:' && { tls: {} }
      }
    })
    : new Client(url, once)
  let failure
  raw.on('error', (/** @type {any} */ err) => { failure = err })
  try {
    await raw.connect()
  } catch (err) {
    throw failure || err // that says why
  }
  return { client: adapted(raw), close: () => raw.disconnect() }
}

/** @param {any} raw */
function adapted (raw) {
  try {
    return clientOf(raw)
  } catch {
    throw new Problem('the installed Redis client is too old: version 5 or later of the package redis or ioredis is needed')
  }
}

/**
 * @template T
 * @param {string} server
 * @param {() => Promise<T>} ask
 * @param {number} [ms]
 * @return {Promise<T>}
 * @throws {Problem}
 */
async function inTime (server, ask, ms = PATIENCE) {
  /** @type {NodeJS.Timeout|undefined} */
  let timer
  try {
    return await Promise.race([ask(), new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)
    })])
  } catch (err) {
    if (err instanceof Problem) throw err
    throw new Problem(`${server} cannot be used: ${reasonOf(err)}`)
  } finally {
    clearTimeout(timer)
  }
}

/** @param {any} err one of several addresses says why */
function reasonOf (err) {
  const { code, errors, message } = err
  return message || (Array.isArray(errors) && errors.length > 0 ? errors[0].message : code || 'the connection failed')
}

/** @implements {Place} */
class Redis {
  #client
  #close
  #prefix
  #keys
  /** @type {string[]|undefined} */
  #sids

  /**
   * @param {string} server
   * @param {string} prefix
   * @param {import('../../../stores/redis/client').Client} client
   * @param {() => any} close
   */
  constructor (server, prefix, client, close) {
    this.name = server
    this.key = `${server}?prefix=${prefix}`
    this.isHashed = false
    this.#client = client
    this.#close = close
    this.#prefix = prefix
    this.#keys = new Keys(client, prefix, SCAN_COUNT, ask => inTime(server, ask))
  }

  /** @param {string[]} args */
  ask (args) {
    return inTime(this.name, () => this.#client.send('', args))
  }

  async count () {
    return (await this.#allSids()).length
  }

  /** Redis does not know how many keys begin so: they are counted by walking over them. */
  async #allSids () {
    if (this.#sids === undefined) {
      const sids = []
      for await (const page of this.#keys.pages()) sids.push(...page)
      this.#sids = sids
    }
    return this.#sids
  }

  async * pages () {
    const sids = await this.#allSids()
    this.#sids = undefined
    for (let at = 0; at < sids.length; at += PAGE) {
      const found = await this.read(sids.slice(at, at + PAGE))
      yield /** @type {import('./index').Found[]} */ (found.filter(session => session !== undefined))
    }
  }

  /** @param {string[]} sids */
  async read (sids) {
    return inTime(this.name, () => Promise.all(sids.map(sid => this.#read(sid))))
  }

  /**
   * @param {string} sid
   * @return {Promise<import('./index').Found|undefined>}
   */
  async #read (sid) {
    const key = this.#prefix + sid
    try {
      const [ttl, text] = await Promise.all([this.#client.send(key, ['PTTL', key]), this.#client.send(key, ['GET', key])])
      if (text === null) return undefined
      if (Number(ttl) === -2) return this.#read(sid) // it was made between the two
      return { sid, text: String(text), deadline: Number(ttl) < 0 ? Infinity : Date.now() + Number(ttl) }
    } catch (err) {
      if (!/WRONGTYPE/.test(String(/** @type {any} */ (err).message))) throw err
      return { sid, deadline: Infinity, problem: 'its key holds no text, but a hash, a list or another type' }
    }
  }

  /**
   * @param {import('./index').Entry[]} entries
   * @return {Promise<import('./index').Outcome[]>}
   */
  async write (entries) {
    return inTime(this.name, () => Promise.all(entries.map(entry => this.#write(entry))))
  }

  /**
   * @param {import('./index').Entry} entry
   * @return {Promise<import('./index').Outcome>}
   */
  async #write ({ sid, text, deadline, expected }) {
    const key = this.#prefix + sid
    const ms = deadline === Infinity ? '' : String(Math.max(1, Math.ceil(deadline - Date.now())))
    if (expected !== undefined) {
      return await run(this.#client, REPLACE, key, [expected, text, ms]) === expected ? 'done' : 'changed'
    }
    const reply = await this.#client.send(key, ['SET', key, text, 'NX', ...ms === '' ? [] : ['PX', ms]])
    return reply === null ? 'changed' : 'done'
  }

  /** @param {string[]} sids */
  async destroy (sids) {
    await this.#keys.remove(sids)
  }

  close () {
    this.#close()
  }
}
