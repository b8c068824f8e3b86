'use strict'

const { once } = require('node:events')
const net = require('node:net')

/**
 * A TCP proxy before a server that does to connections what networks do. A connection on which a client asks to be told of
 * changes is a `tracking` one; faults can be meant for those, for the others, or for all.
 */
class Proxy {
  constructor (target) {
    this.target = target
    this.pairs = new Set()
    this.faults = new Map()
    this.server = net.createServer({ allowHalfOpen: true }, client => this.accept(client))
  }

  async listen () {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    this.port = this.server.address().port
    return this
  }

  accept (client) {
    const server = net.connect({ port: this.target(), host: '127.0.0.1', allowHalfOpen: true })
    const pair = { client, server, isTracking: false, random: Math.random() }
    this.pairs.add(pair)
    client.on('data', data => {
      if (data.includes('TRACKING')) pair.isTracking = true
      this.pass(pair, 'server', data)
    })
    server.on('data', data => this.pass(pair, 'client', data))
    for (const [from, to] of [[client, server], [server, client]]) {
      from.setNoDelay(true)
      from.on('end', () => to.end())
      from.on('close', () => {
        this.pairs.delete(pair)
        to.destroy()
      })
      from.on('error', () => {})
    }
  }

  /** Passes data on, in order, as the faults of the moment have it. */
  pass (pair, to, data) {
    const fault = this.faultOf(pair)
    if (pair[to + 'IsDead']) return
    if (fault && fault.drop && (fault.drop === 'both' || fault.drop === to)) {
      pair[to + 'IsDead'] = true // as if a cable were cut: nothing that comes later arrives either
      return
    }
    if (fault && fault.hold === to) {
      (pair[to + 'Held'] ||= []).push(data)
      return
    }
    const delay = fault && fault.delay ? fault.delay(pair, to) : 0
    const at = Math.max(performance.now() + delay, pair[to + 'At'] || 0)
    pair[to + 'At'] = at
    const wait = at - performance.now()
    if (wait <= 0 && !pair[to + 'Waiting']) {
      pair[to].write(data)
      return
    }
    pair[to + 'Waiting'] = (pair[to + 'Waiting'] || 0) + 1
    const queue = (pair[to + 'Queue'] ||= [])
    queue.push(data)
    setTimeout(() => {
      pair[to + 'Waiting']--
      pair[to].write(queue.shift())
    }, Math.max(wait, 0))
  }

  /** Holds back what goes `to` one side, until the function that is returned lets it go. */
  hold (kind, to) {
    this.set(kind, { hold: to })
    return () => {
      this.set(kind, undefined)
      for (const pair of this.which(kind)) for (const data of (pair[to + 'Held'] || []).splice(0)) this.pass(pair, to, data)
    }
  }

  /** How much is held back. */
  held (to) {
    return [...this.pairs].reduce((sum, pair) => sum + (pair[to + 'Held'] || []).length, 0)
  }

  faultOf (pair) {
    return this.faults.get(pair.isTracking ? 'tracking' : 'data')
  }

  /** Sets a fault for 'tracking' or 'data' connections, or 'all'. */
  set (which, fault) {
    for (const kind of which === 'all' ? ['tracking', 'data'] : [which]) this.faults.set(kind, fault)
  }

  /** Ends all faults. Connections that have lost something are reset. */
  heal () {
    this.faults.clear()
    for (const pair of [...this.pairs]) {
      if (!pair.clientIsDead && !pair.serverIsDead) continue
      pair.client.destroy()
      pair.server.destroy()
    }
  }

  which (kind) {
    return [...this.pairs].filter(pair => kind === 'all' || pair.isTracking === (kind === 'tracking'))
  }

  /** Ends connections at once. */
  cut (kind) {
    for (const { client, server } of this.which(kind)) {
      client.destroy()
      server.destroy()
    }
  }

  /** Ends one half: 'client', the server says nothing any more; 'server', it hears nothing any more. */
  halfClose (kind, half) {
    for (const pair of this.which(kind)) pair[half].end()
  }

  async close () {
    this.cut('all')
    this.server.close()
  }
}

module.exports = Proxy
