// Types of express-session-native, a superset of @types/express-session 1.19.0.
//
// Extend these types with `declare module "express-session" { … }` if the package is installed under
// that name, else with `declare module "express-session-native" { … }`. If libraries extend
// express-session too, map that name to this package in tsconfig.json:
// "paths": { "express-session": ["./node_modules/express-session-native"] }.
// Remove @types/express-session: it declares `req.session` too, and only one declaration can exist.
// Requires @types/node. Uses @types/express if it is installed.

/// <reference types="node" />

import { CipherKey } from 'crypto'
import { EventEmitter } from 'events'
import { IncomingMessage, ServerResponse } from 'http'
// @ts-ignore: @types/express is optional, see Request
import express = require('express')

declare global {
  namespace Express {
    /** The store, with the `generate` method that the middleware adds. */
    type SessionStore = session.Store & { generate: (req: Request) => void }

    interface Request {
      /**
       * The session of this request, with the properties that the app declares on `SessionData`.
       * The middleware sets it. It is missing before the middleware ran, if `cookie.path` does not match,
       * while the store is disconnected, and after `req.session.destroy()`.
       */
      session: session.Session & Partial<session.SessionData>

      /** The id of the session. The middleware sets it. */
      sessionID: string

      /** The store of the middleware. The middleware sets it. */
      sessionStore: SessionStore
    }
  }
}

/** Express's request. Without @types/express: Node's request with the properties above. */
type Request = 0 extends 1 & express.Request ? IncomingMessage & Express.Request : express.Request

/** Express's response. Without @types/express: Node's. */
type Response = 0 extends 1 & express.Response ? ServerResponse : express.Response

export = session

/**
 * Creates the middleware that sets `req.session` on every request.
 *
 * @throws {TypeError} `genid` is not a function, `unset` is neither `"destroy"` nor `"keep"`, `secret` is an
 *   empty array or not a key, `name` is not a string, `cookie` is neither an object nor a function, or `store`
 *   is not a store. Other options have a wrong type. The message names the option.
 * @throws {TypeError} `touchAfter` is given and the store's `ttl` is a function.
 * @throws {RangeError} `storeTimeout` is not between 1 and 2147483647, `touchAfter` is out of range, or a lifetime of
 *   the cookie leads to no valid date.
 */
declare function session(options?: session.SessionOptions): session.RequestHandler

declare namespace session {
  /** Whether the binary is loaded. `false`: the plain engine, in JavaScript, takes its place. Not in upstream. */
  const native: boolean

  /**
   * What `session()` returns: middleware for Express 4 and 5, connect, and Node's own requests and
   * responses.
   */
  // The type of a method, so that an express.RequestHandler is assignable to it.
  type RequestHandler = {
    handle(req: IncomingMessage, res: ServerResponse, next: (err?: any) => void): void
  }['handle']

  /** A key for HMAC-SHA256: whatever `crypto.createHmac` accepts, or an ArrayBuffer. */
  type Secret = CipherKey | ArrayBuffer

  interface SessionOptions {
    /**
     * The key, or keys, that sign the session id in the cookie. The first key signs. All keys verify.
     * To rotate the secret, insert the new key in front, and remove the old one later.
     * Use at least 32 random bytes, and keep them out of the source code.
     *
     * Without it, the middleware uses `req.secret`, which cookie-parser sets (deprecated upstream).
     * Without both, the request fails with "secret option required for sessions".
     */
    secret: Secret | Secret[]

    /**
     * Returns the id of a new session. It must be random: a client that guesses an id has the session.
     * Default: 24 random bytes as 32 characters of URL-safe Base64.
     */
    genid?(req: Request): string

    /** The name of the cookie. Default: `"connect.sid"`. */
    name?: string | undefined

    /** The former name of `name`. If both are given, `name` counts. */
    key?: string | undefined

    /**
     * The store that keeps the sessions. Default: a new `MemoryStore`. In production, a worker of `cluster` that has
     * the default emits one process warning, `EXPRESS_SESSION_CLUSTER_MEMORY`: each process has its own sessions.
     */
    store?: Store | undefined

    /**
     * The attributes of the cookie, or a function that returns them for a request.
     * Default: `{ path: "/", httpOnly: true, secure: false, maxAge: null }`.
     */
    cookie?: CookieOptions | ((req: Request) => CookieOptions) | undefined

    /**
     * Send the cookie with every response, so that it expires `maxAge` after the last response.
     * A new session without data still gets no cookie if `saveUninitialized` is `false`.
     * Default: `false`.
     */
    rolling?: boolean | undefined

    /**
     * Save every session at the end of its request, changed or not. Parallel requests can then undo each
     * other's changes. Only a store that expires sessions and has no `touch` needs this.
     * Default: `true`, which upstream has deprecated. Use `false`.
     */
    resave?: boolean | undefined

    /**
     * Whether to trust `X-Forwarded-Proto` about a secure connection. `true`: trust it. `false`: only TLS on
     * the connection itself counts. Default: Express's "trust proxy" setting.
     */
    proxy?: boolean | undefined

    /**
     * Save new sessions without data, and send their cookie.
     * Default: `true`, which upstream has deprecated. Use `false` for logins, and if cookies need consent.
     */
    saveUninitialized?: boolean | undefined

    /**
     * What happens to the stored session if a request deletes `req.session` or sets it to `null`:
     * `"destroy"` removes it, `"keep"` leaves it as it was before the request. Default: `"keep"`.
     */
    unset?: 'destroy' | 'keep' | undefined

    /**
     * Milliseconds to wait for the store. After that, the request fails with an error whose `code` is
     * `"ERR_SESSION_STORE_TIMEOUT"`. Default: `false`, no limit. Not in express-session.
     */
    storeTimeout?: number | false | undefined

    /**
     * How long a session that is only read is not touched in the store: milliseconds (from 1), or a share of the
     * lifetime (above 0, below 0.5). The stored session expires that much later than its cookie, at most half of the
     * lifetime, so that nobody is logged out early. Sessions without `maxAge` are always touched, except by a RedisStore
     * with a near cache.
     * Default: `sessionDefaults.touchAfter` of the store, else `false`: touch at every request. Not in express-session.
     */
    touchAfter?: number | false | null | undefined

    /**
     * What becomes of requests while the store is disconnected. `"skip"`: they go on without a session. `"error"`: an
     * error whose `code` is `"ERR_SESSION_STORE_DISCONNECTED"` and whose `status` is 503 goes to `next`. A function
     * answers the request or calls `next`.
     * Default: `sessionDefaults.onDisconnect` of the store, else `"skip"`. Not in express-session.
     */
    onDisconnect?: 'skip' | 'error' | ((req: Request, res: Response, next: (err?: any) => void) => unknown) | undefined

    /**
     * Send the cookie once more, expired and with the same attributes, if the client has sent one and the request has
     * destroyed its session, or set it to `null` or deleted it. Default: `false`. Not in express-session.
     */
    clearCookie?: boolean | undefined

    /**
     * What of a response waits until the store has answered. `"end"`: its last byte. `"headers"`: its headers, from the
     * first byte on, so that no redirect arrives before the save; if the store fails, nothing was sent, and the error
     * goes to `next`. Default: `"end"`. Not in express-session.
     */
    hold?: 'end' | 'headers' | undefined

    /**
     * Which requests have no session. For those, nothing is read or set, and `req.session` is missing. It is called first,
     * and must be synchronous. What it throws goes to `next`. Default: none. Not in express-session.
     */
    skip?: ((req: Request) => boolean) | undefined

    /**
     * Add `private` to `Cache-Control` and `Cookie` to `Vary` of each response that sets the cookie.
     * Default: `false`. Not in express-session.
     */
    cacheControl?: boolean | undefined
  }

  /** Options that a store may have its own defaults for. */
  type SessionDefaults = Pick<SessionOptions, 'touchAfter' | 'onDisconnect'>

  /** The session of one request. Its enumerable properties are `cookie` and the app's data. */
  class Session {
    constructor(request: Express.Request, data?: object | null)

    /** The id of the session, the same as `req.sessionID`. Read-only at run time. */
    id: string

    /** The cookie of this session. A change affects this client only. */
    cookie: Cookie

    /** Destroys the session, and sets `req.session` to a new one with a new id. Call it at every login. */
    regenerate(callback: (err: any) => void): this

    /** Removes the session from the store and from the request. */
    destroy(callback?: (err: any) => void): this

    /**
     * Loads the session again, and sets `req.session` to it.
     * Fails with "failed to load session" if the store no longer has it.
     */
    reload(callback: (err: any) => void): this

    /** Resets `cookie.maxAge` to `cookie.originalMaxAge`. */
    resetMaxAge(): this

    /**
     * Saves the session now. The middleware saves a changed session when the response ends. Call this
     * after the response has ended, or in a WebSocket.
     * With a store of this package, the callback gets an error whose `code` is `"ERR_SESSION_DESTROYED"` if the session
     * was destroyed since it was loaded. Nothing is saved then.
     */
    save(callback?: (err: any) => void): this

    /** The same as `resetMaxAge`. The middleware calls it on every request. */
    touch(): this
  }

  /**
   * The methods of sessions that return promises. Every session has them. They are not declared on `Session`, because
   * sessions that tests make up have none. Declare them with one line:
   *
   * ```ts
   * declare module 'express-session' { // or 'express-session-native': the name that you installed
   *   interface Session extends SessionPromises {}
   * }
   * ```
   *
   * Not in express-session.
   */
  interface SessionPromises {
    /** `save` with a promise. It is rejected if the store fails. */
    saveAsync(): Promise<void>

    /** `reload` with a promise of the new `req.session`. */
    reloadAsync(): Promise<Session & Partial<SessionData>>

    /** `regenerate` with a promise of the new `req.session`. */
    regenerateAsync(): Promise<Session & Partial<SessionData>>

    /** `destroy` with a promise. */
    destroyAsync(): Promise<void>
  }

  /**
   * The data of a session. Declare the properties of your sessions here:
   *
   * ```ts
   * declare module 'express-session' { // or 'express-session-native': the name that you installed
   *   interface SessionData {
   *     views: number
   *   }
   * }
   * ```
   */
  interface SessionData {
    cookie: Cookie
  }

  interface CookieOptions {
    /**
     * The lifetime in milliseconds. Sets `expires` to now plus this time. If the object has `maxAge` and
     * `expires`, the one that comes later in it counts. Default: none, the cookie ends with the browser session.
     */
    maxAge?: number | undefined

    /**
     * The date at which the cookie expires (RFC 6265, 5.2.1). Default: none.
     *
     * @deprecated It is one date for all sessions. Use `maxAge`.
     */
    expires?: Date | null | undefined

    /** The domain that gets the cookie (RFC 6265, 5.2.3). Default: only the host of the response. */
    domain?: string | undefined

    /**
     * The path below which the browser sends the cookie (RFC 6265, 5.2.4) and the middleware is active.
     * Default: `"/"`.
     */
    path?: string | undefined

    /** Hide the cookie from scripts in the page (RFC 6265, 5.2.6). Default: `true`. */
    httpOnly?: boolean | undefined

    /**
     * Send the cookie over secure connections only (RFC 6265, 5.2.5). With `true`, a response over an
     * insecure connection gets no cookie. Behind a TLS proxy, set Express's "trust proxy" or the `proxy`
     * option. `"auto"`: `true` if the session began on a secure connection. Default: `false`.
     */
    secure?: boolean | 'auto' | undefined

    /**
     * Whether requests from other sites carry the cookie (RFC 6265bis, 5.6.7). `true` means `"strict"`.
     * `false` omits the attribute. `"auto"`: `"none"` on a secure connection, else `"lax"`. Default: omitted.
     */
    sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined

    /**
     * Use a separate cookie jar for each top-level site (CHIPS, draft-cutler-httpbis-partitioned-cookies).
     * Browsers require `secure` with it. Default: `false`.
     */
    partitioned?: boolean | undefined

    /**
     * A browser with too many cookies drops those of low priority first (draft-west-cookie-priority-00, 4.1).
     * Default: omitted, which counts as medium.
     */
    priority?: 'low' | 'medium' | 'high' | undefined

    /** No effect, like upstream: the cookie is always signed. */
    signed?: boolean | undefined

    /** No effect, like upstream: the value is always encoded with `encodeURIComponent`. */
    encode?: ((val: string) => string) | undefined
  }

  /**
   * The cookie of a session, in sessions and stores. A store may return a plain object parsed from JSON, so
   * everything except `originalMaxAge` is optional. `new Cookie()` has all of it.
   */
  interface Cookie {
    /** The lifetime in milliseconds that `resetMaxAge` restores. `null`: none. */
    originalMaxAge: number | null

    /** The remaining lifetime in milliseconds. Setting it sets `expires`. */
    maxAge?: number | undefined

    /** The date at which the cookie expires. `null`: it ends with the browser session. */
    expires?: Date | null | undefined

    /** The stored value of `expires`. */
    _expires?: Date | null | undefined

    signed?: boolean | undefined
    httpOnly?: boolean | undefined
    path?: string | undefined
    domain?: string | undefined
    secure?: boolean | 'auto' | undefined

    /** `"auto"` is already resolved to `"none"` or `"lax"` here. */
    sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
    partitioned?: boolean | undefined
    priority?: 'low' | 'medium' | 'high' | undefined

    /** The attributes as a plain object, without `maxAge`. */
    readonly data?: CookieData | undefined

    /**
     * Returns the value of a `Set-Cookie` header (RFC 6265, 4.1). The cookie's value is encoded, not signed.
     *
     * @throws {TypeError} The name, the value or an attribute is not allowed in a header.
     */
    serialize?(name: string, value: string): string

    /** The same as `data`. */
    toJSON?(): CookieData
  }

  /** The attributes of a cookie, as stores save them. */
  type CookieData = Pick<
    Cookie,
    | 'originalMaxAge'
    | 'partitioned'
    | 'priority'
    | 'expires'
    | 'secure'
    | 'httpOnly'
    | 'domain'
    | 'path'
    | 'sameSite'
  >

  /** A cookie created by `new Cookie()`. */
  interface SessionCookie extends Cookie {
    readonly data: CookieData
    serialize(name: string, value: string): string
    toJSON(): CookieData
  }

  interface CookieConstructor {
    /**
     * @throws {TypeError} The options are not an object, or `maxAge` is not a number.
     */
    new(options?: CookieOptions | CookieData): SessionCookie
    readonly prototype: SessionCookie
  }

  // Not a class: instances have more than the interface `Cookie` can require of a store's plain object.
  const Cookie: CookieConstructor

  /** Events that the middleware listens to. While a store is disconnected, requests have no session. */
  interface StoreEvents {
    connect: []
    disconnect: []
  }

  /**
   * The base class of every store. A store must have `get`, `set` and `destroy`, and should have `touch`.
   * The first argument of a callback is the error. A method may call its callback before it returns.
   */
  abstract class Store extends EventEmitter {
    /** What the middlewares on this store use where they are given no such option. Not in express-session. */
    sessionDefaults?: SessionDefaults | undefined

    /** Destroys the session of the request, and sets `req.session` to a new one with a new id. */
    regenerate(req: Express.Request, callback: (err?: any) => any): void

    /** Gets a session as a `Session`, or `undefined` if there is none. */
    load(sid: string, callback: (err: any, session?: SessionData) => any): void

    /** Creates a `Session` from stored data, and sets `req.session` to it. */
    createSession(req: Express.Request, session: SessionData): Session & SessionData

    /**
     * Passes the session to the callback, or nothing if there is none.
     * An error whose `code` is `"ENOENT"` also means that there is none.
     */
    abstract get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    /** Saves a session, and replaces the one with this id. It expires at `session.cookie.expires`. */
    abstract set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes a session. A missing session is not an error. */
    abstract destroy(sid: string, callback?: (err?: any) => void): void

    /** Passes all sessions to the callback, by id or as an array. */
    all?(callback: (err: any, obj?: SessionData[] | { [sid: string]: SessionData } | null) => void): void

    /** Passes the number of sessions to the callback. */
    length?(callback: (err: any, length?: number) => void): void

    /** Removes all sessions. */
    clear?(callback?: (err?: any) => void): void

    /** Changes the expiry of a stored session to `session.cookie.expires`. Its data stay as they are. */
    touch?(sid: string, session: SessionData, callback?: (err?: any) => void): void

    on<E extends keyof StoreEvents>(event: E, listener: (...args: StoreEvents[E]) => void): this
    on(event: string | symbol, listener: (...args: any[]) => void): this
    once<E extends keyof StoreEvents>(event: E, listener: (...args: StoreEvents[E]) => void): this
    once(event: string | symbol, listener: (...args: any[]) => void): this
  }

  /** The methods of this package's stores that return promises. `All`: what `all` gives. Not in express-session. */
  interface StorePromises<All = { [sid: string]: SessionData }> {
    /** `get` with a promise; `undefined` if there is no such session. */
    getAsync(sid: string): Promise<SessionData | undefined>

    /** `set` with a promise. */
    setAsync(sid: string, session: SessionData): Promise<void>

    /** `touch` with a promise. */
    touchAsync(sid: string, session: SessionData): Promise<void>

    /** `destroy` with a promise. */
    destroyAsync(sid: string | readonly string[]): Promise<void>

    /** `load` with a promise; `undefined` if there is no such session. */
    loadAsync(sid: string): Promise<(Session & SessionData) | undefined>

    /** `all` with a promise. */
    allAsync(): Promise<All>

    /** `length` with a promise. */
    lengthAsync(): Promise<number>

    /** `clear` with a promise. */
    clearAsync(): Promise<void>

    /** `ids` with a promise. */
    idsAsync(): Promise<string[]>
  }

  interface MemoryStore extends StorePromises {}
  interface SQLiteStore extends StorePromises {}
  interface RedisStore extends StorePromises<SessionData[]> {}

  /** The options of `MemoryStore`: those of memorystore 1.6.8, and `maxBytes`, `protect` and `shared`. */
  interface MemoryStoreOptions {
    /**
     * Maximum number of sessions. At the limit, sessions that no client came back with go first, and those of users
     * who have signed in go last: see `protect`.
     * `0` means `Infinity`. Default: `Infinity`.
     */
    max?: number | undefined

    /**
     * Maximum bytes, overhead included. A larger session is rejected in the callback, with a RangeError whose `code` is
     * `"ERR_SESSION_TOO_LARGE"`, and so is one of more than a tenth where there are sessions of higher rank. `0` means
     * `Infinity`. Default: a quarter of the machine's memory, or of the container's or `ulimit -v`'s limit. Each store of
     * each process has its own.
     */
    maxBytes?: number | undefined

    /**
     * Whether a session is that of a user who has signed in: at a limit those go last. It is asked at each save, and
     * what it throws goes to the callback of the save. A session that was regenerated by a request that had found one,
     * and holds data, is protected in any case. Default: whether `session.user` or `session.passport.user` is set, to
     * anything but `null`, `false` or an empty string.
     */
    protect?: ((session: any) => boolean) | undefined

    /**
     * Milliseconds that a session lives after its last `set` or `touch`, or a function that returns them for
     * a session. If the cookie expires sooner, the session expires with it. Errors of the function go to
     * the callback. Default: the cookie's lifetime, or one day if it has none.
     */
    ttl?: number | MemoryStoreTtl | undefined

    /**
     * A name. All stores of the process that use this name, in any worker thread, share the same sessions.
     * Default: not shared.
     */
    shared?: string | undefined

    /** Called with the id and the serialized text of each session that is removed, or replaced by `set`. */
    dispose?(sid: string, text: string): void

    /** Do not call `dispose` for sessions that `set` replaces. Default: `false`. */
    noDisposeOnSet?: boolean | undefined

    /** No effect: an expired session is never returned. Accepted because memorystore has it. Default: `false`. */
    stale?: boolean | undefined

    /** Converts sessions to text and back. Its errors go to the callback. Default: `JSON`. */
    serializer?: Serializer | undefined

    /**
     * Milliseconds between calls of `prune`. Not needed, because sessions expire without it.
     * Default: `false`, never.
     */
    checkPeriod?: number | false | undefined
  }

  // The type of a method, so that a function may declare its own subtype of SessionData.
  type MemoryStoreTtl = {
    ttl(options: MemoryStoreOptions, session: SessionData, sid: string): number
  }['ttl']

  interface Serializer {
    stringify(session: object): string
    parse(text: string): object
  }

  /** What a MemoryStore holds now, and what it has done since it was created. */
  interface MemoryStoreStats {
    /** Number of sessions. */
    sessions: number
    /** Bytes of memory: sessions, remembered ids, removals that wait for listeners, and overhead. */
    bytes: number
    /** Remembered ids of destroyed sessions, so that a late save does not bring a session back. */
    tombstones: number
    /** The limits in force. */
    limits: { max: number; maxBytes: number }
    /** Reads that found a session. */
    hits: number
    /** Reads that found no session. */
    misses: number
    sets: number
    touches: number
    destroyed: number
    expired: number
    /** Sessions evicted, by the limit that was reached. */
    evicted: { max: number; maxBytes: number }
    /** Removals that a listener was not told of, because too many waited for it. */
    lost: number
  }

  /**
   * Events for removed sessions. Each event fires once, after the removal. Without listeners, it costs nothing.
   * `session` is `undefined` if the serializer cannot parse its text, or if too many removals waited for listeners: then
   * the oldest lose their data first.
   */
  interface MemoryStoreEvents extends StoreEvents {
    /** The session expired. */
    expired: [sid: string, session: SessionData]
    /** The session was evicted at the limit of `max` or `maxBytes`. */
    evicted: [sid: string, session: SessionData]
    /** `destroy` removed the session. */
    destroyed: [sid: string, session: SessionData]
  }

  /**
   * Keeps sessions in the memory of this process, outside the V8 heap. Sessions expire without access, and their
   * number and bytes are limited. It is made for production in one process. Each process has its own sessions.
   */
  class MemoryStore extends Store {
    /**
     * @throws {TypeError | RangeError} An option has a wrong type or is out of range. The message names the option.
     */
    constructor(options?: MemoryStoreOptions)

    /** The serialized sessions by id, like upstream. This is a view: reads and writes go to the store. */
    sessions: { [sid: string]: string }

    get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes one session or several. */
    destroy(sid: string | readonly string[], callback?: (err?: any) => void): void

    touch(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Passes all sessions, by id, to the callback. For a large store, iterate over the store instead. */
    all(callback: (err: any, obj?: { [sid: string]: SessionData } | null) => void): void

    length(callback: (err: any, length?: number) => void): void

    clear(callback?: (err?: any) => void): void

    /** Passes all ids to the callback. For a large store, use `keys` instead. */
    ids(callback: (err: any, ids?: string[]) => void): void

    /** Iterates over the ids without blocking the event loop. */
    keys(): AsyncIterableIterator<string>

    /** Iterates over the sessions without blocking the event loop. */
    [Symbol.asyncIterator](): AsyncIterableIterator<[sid: string, session: SessionData]>

    /**
     * Removes what has expired by `Date.now()`. Without it, what has also expired on the system's own clock is removed
     * within about a second, in a store that nobody uses within ten minutes.
     */
    prune(): void

    /** Calls `prune` every `checkPeriod` milliseconds from now on. The constructor starts this already. */
    startInterval(): void

    /** Stops what `startInterval` started. */
    stopInterval(): void

    /** Returns counts and sizes in constant time. */
    stats(): MemoryStoreStats

    /** Stops the store's timers. Drops its sessions, unless they are `shared`. */
    close(): void

    on<E extends keyof MemoryStoreEvents>(event: E, listener: (...args: MemoryStoreEvents[E]) => void): this
    on(event: string | symbol, listener: (...args: any[]) => void): this
    once<E extends keyof MemoryStoreEvents>(event: E, listener: (...args: MemoryStoreEvents[E]) => void): this
    once(event: string | symbol, listener: (...args: any[]) => void): this
  }

  /** The options of `SQLiteStore`. */
  interface SQLiteStoreOptions {
    /**
     * The path of the SQLite file, which is made if it does not exist, with mode 0600. Its folder must exist, on a
     * local disk. SQLite puts two files beside it, whose names end in `-wal` and `-shm`.
     */
    file: string

    /**
     * What survives a loss of power before it is answered: with `"full"` every write, with `"normal"` every `destroy`
     * and `clear`. A crash of the process undoes nothing that was answered, with either. A `"full"` write takes as
     * long as the disk does; the event loop does not wait for it. Default: `"normal"`.
     */
    durability?: 'normal' | 'full' | undefined

    /** Maximum number of sessions, as in `MemoryStoreOptions`. Default: `Infinity`. */
    max?: number | undefined

    /**
     * Maximum bytes of all sessions in the file, overhead included (docs/sqlite.md has the formula).
     * `0` means `Infinity`. Default: `Infinity`.
     */
    maxBytes?: number | undefined

    /** Whether a session is that of a user who has signed in, as in `MemoryStoreOptions`. */
    protect?(session: SessionData): boolean

    /** Milliseconds that a session lives after its last `set` or `touch`, as in `MemoryStoreOptions`. */
    ttl?: number | SQLiteStoreTtl | undefined

    /**
     * Called with a reference to each session that this process removes, or replaces by `set`, and its serialized text.
     */
    dispose?(reference: string, text: string): void

    /** Do not call `dispose` for sessions that `set` replaces. Default: `false`. */
    noDisposeOnSet?: boolean | undefined

    /** Converts sessions to text and back. Its errors go to the callback. Default: `JSON`. */
    serializer?: Serializer | undefined

    /** Milliseconds between calls of `prune`. Not needed while the process gets requests. Default: `false`. */
    checkPeriod?: number | false | undefined
  }

  // As MemoryStoreTtl.
  type SQLiteStoreTtl = {
    ttl(options: SQLiteStoreOptions, session: SessionData, sid: string): number
  }['ttl']

  /**
   * Keeps sessions in a SQLite file, which all processes of a machine share. They outlive restarts and crashes.
   *
   * Session ids are not in the file. `all`, `ids`, `keys`, iteration, events and `dispose` give references instead:
   * `ref:` and the SHA-256 of the id. `get`, `set`, `touch` and `destroy` take a reference in place of an id. A cookie
   * that names a reference opens nothing.
   *
   * A call may fail with an error that has a `code`: `ERR_SESSION_STORE_LOCKED`, `ERR_SESSION_STORE_FULL` (the disk),
   * `ERR_SESSION_STORE_IO`, `ERR_SESSION_STORE_READONLY`, `ERR_SESSION_STORE_CORRUPT`, `ERR_SESSION_STORE_CLOSED`, or
   * `ERR_SESSION_TOO_LARGE` (a RangeError). What was stored before stays.
   *
   * Its `sessionDefaults` are `{ touchAfter: 0.05 }`.
   */
  class SQLiteStore extends Store {
    /**
     * @throws {TypeError | RangeError} An option has a wrong type or is out of range. The message names the option.
     * @throws {Error} The file cannot be used, or the package's binary is missing. The message says what to do. Codes:
     *   those above, and `ERR_SESSION_STORE_OPEN`, `ERR_SESSION_STORE_PERMISSION`, `ERR_SESSION_STORE_NOT_A_DATABASE`,
     *   `ERR_SESSION_STORE_FOREIGN`, `ERR_SESSION_STORE_NEWER`, `ERR_SESSION_STORE_FILE_SYSTEM`.
     */
    constructor(options: SQLiteStoreOptions)

    get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes one session or several. When it calls back, a loss of power does not undo it. */
    destroy(sid: string | readonly string[], callback?: (err?: any) => void): void

    touch(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Passes all sessions, by reference, to the callback. For a large store, iterate over the store instead. */
    all(callback: (err: any, obj?: { [reference: string]: SessionData } | null) => void): void

    length(callback: (err: any, length?: number) => void): void

    /** Removes all sessions, for all processes. */
    clear(callback?: (err?: any) => void): void

    /** Passes references to all sessions to the callback. For a large store, use `keys` instead. */
    ids(callback: (err: any, references?: string[]) => void): void

    /** Iterates over references without blocking the event loop. */
    keys(): AsyncIterableIterator<string>

    /** Iterates over the sessions without blocking the event loop. */
    [Symbol.asyncIterator](): AsyncIterableIterator<[reference: string, session: SessionData]>

    /**
     * Removes expired sessions now. While the process gets requests, they are removed within a few seconds without it. A
     * process that gets none removes nothing by itself.
     */
    prune(): void

    /** Calls `prune` every `checkPeriod` milliseconds from now on. The constructor starts this already. */
    startInterval(): void

    /** Stops what `startInterval` started. */
    stopInterval(): void

    /** Returns what the file holds, and what this process has done with it. */
    stats(): MemoryStoreStats

    /** Writes what is waiting, and closes the file. What is stored stays. Close the server first. */
    close(): void

    /** Events of sessions that this process has removed. They give references in place of ids. */
    on<E extends keyof MemoryStoreEvents>(event: E, listener: (...args: MemoryStoreEvents[E]) => void): this
    on(event: string | symbol, listener: (...args: any[]) => void): this
    once<E extends keyof MemoryStoreEvents>(event: E, listener: (...args: MemoryStoreEvents[E]) => void): this
    once(event: string | symbol, listener: (...args: any[]) => void): this
  }

  /** The options of `RedisStore`: those of connect-redis 9, and `storeTimeout` and `nearCache`. */
  interface RedisStoreOptions {
    /**
     * The app's own client: of `redis` 5 or later (`createClient`, `createCluster`, `createSentinel`,
     * `createClientPool`) or of `ioredis` 5 or later (`new Redis`, `new Redis.Cluster`). The app connects and closes it.
     */
    client: object

    /** What keys begin with. Default: `"sess:"`. */
    prefix?: string | undefined

    /**
     * Seconds that a session without an expiry lives, or a function that returns them for every session.
     * Default: `86400`, a day.
     */
    ttl?: number | RedisStoreTtl | undefined

    /** Store sessions without an expiry in Redis. Default: `false`. */
    disableTTL?: boolean | undefined

    /** A touch does nothing. Default: `false`. */
    disableTouch?: boolean | undefined

    /** The COUNT of each SCAN. Default: `100`. */
    scanCount?: number | undefined

    /** Converts sessions to text and back; `parse` may return a promise. Its errors go to the callback. Default: `JSON`. */
    serializer?: Serializer | { stringify(session: object): string, parse(text: string): PromiseLike<object> } | undefined

    /** Milliseconds after which a call fails if Redis has not answered; `false`: never. Default: `5000`. */
    storeTimeout?: number | false | undefined

    /**
     * Keep sessions in this process from their second read on, and serve them without asking Redis (docs/redis.md).
     * `max` and `maxBytes` bound it; `lease` is how long at most a change of another process may be overlooked, in
     * milliseconds from 100 to 60000. `true`: `{ max: Infinity, maxBytes: 67108864, lease: 1000 }`. Default: `false`.
     */
    nearCache?: boolean | { max?: number | undefined; maxBytes?: number | undefined; lease?: number | undefined } | undefined
  }

  // As MemoryStoreTtl.
  type RedisStoreTtl = { ttl(session: SessionData): number }['ttl']

  /** What a RedisStore has done in this process. */
  interface RedisStoreStats {
    /** Reads that were sent to Redis. */
    reads: number
    /** Reads that took the answer of another one on its way. */
    shared: number
    /** Reads that found a session in Redis. */
    found: number
    sets: number
    /** Saves of sessions that had been destroyed: nothing was stored. */
    dropped: number
    touches: number
    destroyed: number
    /** The near cache, if there is one. */
    near?: {
      /** Reads that it answered. */
      hits: number
      /** Reads that went on to Redis. */
      misses: number
      /** Sessions that were put into it. */
      stored: number
      /** Sessions that were taken out, because they changed. */
      dropped: number
      flushes: number
      /** Whether it serves now. */
      isFresh: boolean
      sessions: number
      bytes: number
    } | undefined
  }

  /**
   * Keeps sessions in Redis or Valkey, through the app's own client. Keys, texts and options are those of connect-redis:
   * either takes the place of the other, on live data. A session that was destroyed does not come back, in any process.
   *
   * Without a callback, methods return a promise, as those of connect-redis.
   *
   * A call may fail with an error that has a `code`: `ERR_SESSION_STORE_DISCONNECTED`, `ERR_SESSION_STORE_TIMEOUT`,
   * `ERR_SESSION_CLIENT` (the client is closed, subscribed, or in MULTI) or `ERR_SESSION_FOREIGN_VALUE` (another program
   * writes keys with this prefix). Errors of the client itself pass through.
   *
   * Emits `disconnect` when Redis has answered nothing for `storeTimeout`, and `connect` when it answers again. Its `sessionDefaults`
   * are `{ touchAfter: 0.05, onDisconnect: 'error' }`.
   */
  class RedisStore extends Store {
    /** @throws {TypeError | RangeError} An option has a wrong type or is out of range. The message names the option. */
    constructor(options: RedisStoreOptions)

    get(sid: string, callback: (err: any, session?: SessionData | null) => void): void
    get(sid: string): PromiseLike<SessionData | undefined>

    set(sid: string, session: SessionData, callback: (err?: any) => void): void
    set(sid: string, session: SessionData): PromiseLike<void>

    touch(sid: string, session: SessionData, callback: (err?: any) => void): void
    touch(sid: string, session: SessionData): PromiseLike<void>

    /** Removes one session or several. */
    destroy(sid: string | readonly string[], callback: (err?: any) => void): void
    destroy(sid: string | readonly string[]): PromiseLike<void>

    /** Passes all sessions to the callback, each with its `id`. For many, iterate over the store instead. */
    all(callback: (err: any, sessions?: SessionData[] | null) => void): void
    all(): PromiseLike<SessionData[]>

    length(callback: (err: any, length?: number) => void): void
    length(): PromiseLike<number>

    /** Removes all sessions with this prefix. */
    clear(callback: (err?: any) => void): void
    clear(): PromiseLike<void>

    ids(callback: (err: any, ids?: string[]) => void): void
    ids(): PromiseLike<string[]>

    /** Iterates over the ids, page by page. */
    keys(): AsyncIterableIterator<string>

    /** Iterates over the sessions, page by page. */
    [Symbol.asyncIterator](): AsyncIterableIterator<[sid: string, session: SessionData]>

    /** Returns what the store has done in this process. */
    stats(): RedisStoreStats

    /** Ends the near cache and what the store listens to. The client stays as it is. */
    close(): void
  }
}
