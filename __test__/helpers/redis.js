'use strict'

const { RedisStore } = require('connect-redis')

/** A client of node-redis with what connect-redis needs, over a Map. `failing` makes every command fail. */
class FakeRedis {
  kept = new Map() // key → { value, deadline }
  calls = { get: 0, set: 0, expire: 0, del: 0 }
  failing = false

  async get (key) {
    this.#begin('get')
    const found = this.#alive(key)
    return found === undefined ? null : found.value
  }

  async set (key, value, { expiration }) {
    this.#begin('set')
    this.kept.set(key, { value, deadline: Date.now() + expiration.value * 1000 })
    return 'OK'
  }

  async expire (key, seconds) {
    this.#begin('expire')
    const found = this.#alive(key)
    if (found === undefined) return 0
    found.deadline = Date.now() + seconds * 1000
    return 1
  }

  async del (keys) {
    this.#begin('del')
    return keys.filter(key => this.kept.delete(key)).length
  }

  #begin (command) {
    this.calls[command]++
    if (this.failing) throw new Error(`redis is down: ${command}`)
  }

  #alive (key) {
    const found = this.kept.get(key)
    return found !== undefined && found.deadline > Date.now() ? found : undefined
  }
}

/** connect-redis over a fake client: { store, client }. */
function redisStore () {
  const client = new FakeRedis()
  return { client, store: new RedisStore({ client }) }
}

module.exports = { redisStore }
