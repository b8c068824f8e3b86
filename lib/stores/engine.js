'use strict'

/*
 * THE ENGINE CONTRACT
 *
 * An engine keeps sessions. Stores (native-store.js) and the fast path (request/fast-path.js) talk to it by this
 * contract alone; it knows nothing of requests. __test__/engines/ holds every engine to it.
 *
 * Results. A method returns its result, or PENDING. With PENDING it calls `callback(err, result)` once, later. Without
 * a callback, PENDING means that nothing was begun. A method throws what it can tell at once.
 *
 *   load(keyring, header, now)      Opened | undefined     undefined: no cookie with a valid signature. `opened.found`
 *                                                         is a Loaded (loaded.js), undefined for no such
 *                                                         session, or PENDING: ask the store's `get`. The client has
 *                                                         come back: see rank
 *   get(sid, now, callback)         Stored | undefined     for a client that has come back
 *   peek(sid, now, callback)        Stored | undefined     for somebody who looks around: no rank, no statistics
 *   commit(write, callback)         DONE | DROPPED         stores a session; with `expected`, CHANGED too
 *   touch(write, callback)          DONE                   renews the deadline and the cookie, if there is the session
 *   destroy(sid, now, callback)     DONE                   a request that had loaded it cannot bring it back
 *   clear(now, callback)            DONE                   destroys all
 *   length(now, callback)           number                 of the sessions that are valid at `now`
 *   ids(part, now, callback)        string[] | null        the ids in parts 0, 1, …; null after the last part. A result
 *                                                         with `next` says itself what comes after its part
 *   prune(now)                      boolean                removes some of what has expired at `now`; true: call again
 *   stats(now)                      object                 see MemoryStoreStats in index.d.ts
 *   watch(replaced)                 watch                  records what is removed, and with `replaced` what is written over
 *   drain(watch, most, now)         string[]               [kind, sid, text, kind, …] of at most `most` removals
 *   unwatch(watch)
 *   close(now)                                             releases what the engine holds; what is only in memory is gone
 *
 *   isReference(sid)                boolean                where the engine gives references in place of ids: whether that
 *                                                         is one. A client's cookie must not name one
 *
 * `now` is the time that the caller sees, in ms since the epoch. It may be wrong. A method uses it for its result. Anything
 * else that a method or the engine removes must have expired on two clocks: the system's, and the one that the engine was
 * last shown. Only a call that overwrites, destroys or prunes removes by the caller's time alone. NaN is no time: nothing
 * has expired. A deadline of NaN or Infinity never comes.
 *
 * Revision. Each creation of a session has one; it is opaque to all but the engine. A write that names a revision is
 * DROPPED when that session was destroyed; without a revision it is stored in any case.
 *
 * Expected. A write may name the text that it was made from. It is stored over that text only, in one step; else it is
 * CHANGED, and `found` is the text that is there. So writers that merge lose nothing of each other's.
 *
 * Hint. Where the engine has seen a session. It may be lost at any time, and is opaque too.
 *
 * Rank. How much a session has proved: see RANK. At a bound the lowest rank goes first. Even if sessions of a higher rank
 * fill the store, all lower ranks together keep a tenth of the bound, in sessions or in bytes as the bound is. A session
 * larger than that tenth is refused while there are others of higher rank. The engine raises the rank of sessions that
 * clients come back with: at the first time to RETURNED, and to ESTABLISHED in another minute. A write can raise it, never
 * lower it.
 *
 * Properties: `capabilities` as below, `options` as the store's constructor has checked them.
 */

/** The engine has no answer at once. */
const PENDING = Symbol('pending')
const DONE = Symbol('done')
/** The session was destroyed after the writer had loaded it: nothing is written. */
const DROPPED = Symbol('dropped')
/** Another text is there than the one that the writer expected: nothing is written. */
const CHANGED = Symbol('changed')

/**
 * How much a session has proved: nothing; its client came back with a cookie whose session was found; it came back in two
 * different minutes; it holds data and took the place of a session that was found, as logins do, or the `protect` option
 * says so.
 */
const RANK = { NEW: 0, RETURNED: 1, ESTABLISHED: 2, SIGNED_IN: 3 }

/**
 * @template T
 * @typedef {(err?: any, result?: T) => void} Callback
 */

/**
 * @typedef {typeof PENDING} Pending
 * @typedef {typeof DONE|typeof DROPPED|typeof CHANGED} Outcome
 *
 * @typedef {object} Engine
 * @property {Readonly<Capabilities>} capabilities
 * @property {Options} options
 * @property {(keyring: any, header: string, now: number) => Opened|undefined} load with the kind of keyring that
 *   native.js pairs the engine with
 * @property {(sid: string, now: number, callback?: Callback<Stored|undefined>) => Stored|undefined|Pending} get
 * @property {(sid: string, now: number, callback?: Callback<Stored|undefined>) => Stored|undefined|Pending} peek
 * @property {(write: Write, callback?: Callback<Outcome>) => Outcome|Pending} commit
 * @property {(write: Write, callback?: Callback<Outcome>) => Outcome|Pending} touch
 * @property {(sid: string, now: number, callback?: Callback<Outcome>) => Outcome|Pending} destroy
 * @property {(now: number, callback?: Callback<Outcome>) => Outcome|Pending} clear
 * @property {(now: number, callback?: Callback<number>) => number|Pending} length
 * @property {(part: any, now: number, callback?: Callback<string[]|null>) => string[]|null|Pending} ids
 * @property {(now: number) => boolean} prune
 * @property {(now: number) => object} stats
 * @property {(replaced: boolean) => any} watch
 * @property {(watch: any, most: number, now: number) => string[]} drain
 * @property {(watch: any) => void} unwatch
 * @property {(now: number) => void} close
 * @property {(sid: string) => boolean} [isReference]
 *
 * @typedef {import('../cookie/opened')} Opened
 * @typedef {import('../cookie/plain-keyring').Keyring} Keyring
 *
 * @typedef {object} Options what every engine's options have; the rest is the engine's own
 * @property {Serializer} serializer
 * @property {number|Function|undefined} ttl
 * @property {Function|undefined} dispose
 * @property {boolean} noDisposeOnSet
 * @property {number|undefined} checkPeriod
 * @property {string|undefined} shared
 * @property {((session: any) => any)|undefined} protect whether a session is that of a user who has signed in
 * @property {(session: any, now: number) => number} [deadlineOf] the engine's own rule for deadlines
 * @property {number} [idle] lifetime in ms of a session whose cookie has no expiry. Set it only if `touch` returns DONE
 *   without a write while the stored deadline is earlier than the new one by at most the session's slack
 * @property {string} [origin] what to say of a stored text that is no session
 *
 * @typedef {Options & {max: number, maxBytes: number, stale: boolean, explicitLimits: boolean[]}} MemoryOptions those of a
 *   MemoryStore, checked
 *
 * @typedef {object} Serializer
 * @property {(session: any) => string} stringify
 * @property {(text: string) => any} parse
 *
 * @typedef {object} Capabilities what an engine can do; what it lacks throws where it is asked for
 * @property {'now'|'later'} reads `later`: `load` and `get` may return PENDING
 * @property {'now'|'later'} writes `later`: `commit`, `touch` and `destroy` may return PENDING
 * @property {boolean} revisions a late save of a destroyed session is dropped
 * @property {boolean} [dropsExpired] and one of a session that expired, or was evicted, after it had been loaded
 * @property {boolean} events `watch`, `drain` and `unwatch` work
 * @property {boolean} iterate `ids` works
 * @property {boolean} [compareAndSet] `commit` keeps to `expected`
 * @property {boolean} [promises] the store's methods return a promise where they get no callback
 * @property {boolean} [persists] `close` removes nothing: the next engine on the same file has all of it
 *
 * @typedef {object} Write what is to be stored, by `commit` or `touch`
 * @property {string} sid
 * @property {any} session what is stored; for `touch`, whose cookie is
 * @property {string|undefined} text what a serializer made of it; without it the engine writes JSON
 * @property {string} [data] its JSON without the cookie, where that is known
 * @property {number} deadline the session is gone from this moment on, in ms since the epoch
 * @property {any} revision as loaded; undefined to store in any case. `commit` puts the new one here
 * @property {any} hint as loaded
 * @property {number} rank
 * @property {number} now
 * @property {string} [expected] the text that has to be there
 * @property {string} [found] the text that was there instead
 *
 * @typedef {object} Stored
 * @property {string} text
 * @property {unknown} revision
 */

module.exports = /** @type {const} */ ({ CHANGED, DONE, DROPPED, PENDING, RANK })
