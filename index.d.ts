// Types of express-session-native, a superset of @types/express-session 1.19.0.
//
// `declare module "express-session" { … }` reaches these types when the package is installed under
// that name; under its own name, say `declare module "express-session-native" { … }`, and where
// libraries name express-session too, let it mean this package in tsconfig.json:
// "paths": { "express-session": ["./node_modules/express-session-native"] }.
// Remove @types/express-session: both declare `req.session`, and only one can.
// Needs @types/node; @types/express is used where it is installed.

/// <reference types="node" />

import { CipherKey } from 'crypto'
import { EventEmitter } from 'events'
import { IncomingMessage, ServerResponse } from 'http'
// @ts-ignore: an app without @types/express is served too, see Request
import express = require('express')

declare global {
  namespace Express {
    /** The store as requests see it: with the `generate` that the middleware gives it. */
    type SessionStore = session.Store & { generate: (req: Request) => void }

    interface Request {
      /**
       * The session of this request, with the properties that the app declares on `SessionData`.
       * Set by the middleware; absent before it ran, where `cookie.path` does not match,
       * while the store is disconnected, and after `req.session.destroy()`.
       */
      session: session.Session & Partial<session.SessionData>

      /** The id of the session. Set by the middleware. */
      sessionID: string

      /** The store in use. Set by the middleware. */
      sessionStore: SessionStore
    }
  }
}

/** Express's request; Node's, with the properties above, where the import of Express gave `any`. */
type Request = 0 extends 1 & express.Request ? IncomingMessage & Express.Request : express.Request

export = session

/**
 * Makes the middleware that gives every request its `req.session`.
 *
 * @throws {TypeError} `genid` is no function, `unset` is neither `"destroy"` nor `"keep"`, `secret` is an
 *   empty array or is no key, `name` is no string, `cookie` is neither object nor function, `store` is no store.
 * @throws {RangeError} `storeTimeout` is not from 1 to 2147483647.
 */
declare function session(options?: session.SessionOptions): session.RequestHandler

declare namespace session {
  /**
   * What `session()` returns: a middleware for Express 4 and 5, connect, and Node's own
   * requests and responses.
   */
  // Taken from a method, so that an express.RequestHandler can be put in its place.
  type RequestHandler = {
    handle(req: IncomingMessage, res: ServerResponse, next: (err?: any) => void): void
  }['handle']

  /** A key of HMAC-SHA256, as `crypto.createHmac` takes it. */
  type Secret = CipherKey | ArrayBuffer

  interface SessionOptions {
    /**
     * The key, or the keys, that sign the session id in the cookie. The first signs, all verify:
     * to change the secret, put the new one in front and drop the old one later.
     * At least 32 random bytes, and not from the source code.
     *
     * Without it `req.secret`, which cookie-parser sets, is used (deprecated upstream); without both,
     * the request fails with "secret option required for sessions".
     */
    secret: Secret | Secret[]

    /**
     * Makes the id of a new session. Whoever guesses an id has the session: make it random.
     * Default: 24 random bytes as 32 characters of URL-safe Base64.
     */
    genid?(req: Request): string

    /** The name of the cookie. Default: `"connect.sid"`. */
    name?: string | undefined

    /** The former name of `name`, which wins where both are given. */
    key?: string | undefined

    /** Where sessions are kept. Default: a new `MemoryStore`. */
    store?: Store | undefined

    /**
     * The attributes of the cookie, or a function that gives them for a request.
     * Default: `{ path: "/", httpOnly: true, secure: false, maxAge: null }`.
     */
    cookie?: CookieOptions | ((req: Request) => CookieOptions) | undefined

    /**
     * Send the cookie with every response, so that it lives `maxAge` from the last response on.
     * A new session that nobody wrote to is still left out where `saveUninitialized` is `false`.
     * Default: `false`.
     */
    rolling?: boolean | undefined

    /**
     * Save every session at the end of its request, changed or not. Two requests at once can then undo
     * each other's changes; needed only for a store that expires sessions and has no `touch`.
     * Default: `true`, deprecated upstream: say `false`.
     */
    resave?: boolean | undefined

    /**
     * Whether `X-Forwarded-Proto` tells if the connection is secure. `true`: it does. `false`: only TLS
     * on the connection itself counts. Default: what Express's "trust proxy" setting says.
     */
    proxy?: boolean | undefined

    /**
     * Save, and send a cookie for, new sessions that nobody wrote to.
     * Default: `true`, deprecated upstream: say `false` for logins, and where cookies need consent.
     */
    saveUninitialized?: boolean | undefined

    /**
     * What a request that deletes `req.session`, or sets it to `null`, does to the stored session:
     * `"destroy"` removes it, `"keep"` leaves it as it was before the request. Default: `"keep"`.
     */
    unset?: 'destroy' | 'keep' | undefined

    /**
     * How long to wait for an answer of the store, in milliseconds, before going on with an error whose
     * `code` is `"ERR_SESSION_STORE_TIMEOUT"`. Default: `false`, as long as it takes. Not in upstream.
     */
    storeTimeout?: number | false | undefined
  }

  /** The session of one request. `JSON.stringify` and `Object.keys` see `cookie` and the app's data. */
  class Session {
    constructor(request: Express.Request, data?: object | null)

    /** The session's id, the same as `req.sessionID`. Read-only at run time. */
    id: string

    /** This session's own cookie: change it to change this client's cookie alone. */
    cookie: Cookie

    /** Destroys the session and puts a new one, with a new id, at `req.session`: do it at every login. */
    regenerate(callback: (err: any) => void): this

    /** Removes the session from the store and from the request. */
    destroy(callback?: (err: any) => void): this

    /**
     * Loads the session again and puts it at `req.session`.
     * The error is "failed to load session" where the store does not have it any more.
     */
    reload(callback: (err: any) => void): this

    /** Sets `cookie.maxAge` back to `cookie.originalMaxAge`. */
    resetMaxAge(): this

    /**
     * Saves the session now. A changed session is saved by itself when the response ends; call this
     * when the response has ended, or in a WebSocket.
     */
    save(callback?: (err: any) => void): this

    /** The same as `resetMaxAge`; called by itself at every request. */
    touch(): this
  }

  /**
   * What a store keeps of a session. Declare the properties of your sessions on it:
   *
   * ```ts
   * declare module 'express-session' { // or 'express-session-native', the name it is installed under
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
     * The lifetime in milliseconds; sets `expires` to that time from now. The later one of `maxAge` and
     * `expires` in the object counts. Default: none, a cookie that ends with the browser session.
     */
    maxAge?: number | undefined

    /**
     * The end of the cookie's life (RFC 6265, 5.2.1). Default: none.
     *
     * @deprecated One date for all sessions of the process; say `maxAge`.
     */
    expires?: Date | null | undefined

    /** The domain that the cookie is sent to (RFC 6265, 5.2.3). Default: the host of the response alone. */
    domain?: string | undefined

    /**
     * The path below which the cookie is sent (RFC 6265, 5.2.4) and the middleware does something.
     * Default: `"/"`.
     */
    path?: string | undefined

    /** Keep scripts in the page from reading the cookie (RFC 6265, 5.2.6). Default: `true`. */
    httpOnly?: boolean | undefined

    /**
     * Send the cookie over secure connections only (RFC 6265, 5.2.5); with `true`, a response over an
     * insecure one carries no cookie. Behind a proxy that does TLS, set Express's "trust proxy" or the
     * option `proxy`. `"auto"`: as secure as the connection on which the session begins. Default: `false`.
     */
    secure?: boolean | 'auto' | undefined

    /**
     * Whether other sites' requests carry the cookie (RFC 6265bis, 5.6.7). `true` is `"strict"`, `false`
     * leaves the attribute out. `"auto"`: `"none"` on a secure connection, else `"lax"`. Default: left out.
     */
    sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined

    /**
     * A cookie jar for each top-level site (CHIPS, draft-cutler-httpbis-partitioned-cookies); browsers
     * ask for `secure` with it. Default: `false`.
     */
    partitioned?: boolean | undefined

    /**
     * What a browser with too many cookies drops last (draft-west-cookie-priority-00, 4.1).
     * Default: left out, which counts as medium.
     */
    priority?: 'low' | 'medium' | 'high' | undefined

    /** Without effect, as upstream: the cookie is always signed. */
    signed?: boolean | undefined

    /** Without effect, as upstream: the value is always encoded with `encodeURIComponent`. */
    encode?: ((val: string) => string) | undefined
  }

  /**
   * The cookie of a session, as sessions and stores hold it. What comes out of a store may be the plain
   * object of its JSON, so everything but `originalMaxAge` is optional; `new Cookie()` has it all.
   */
  interface Cookie {
    /** The lifetime in milliseconds that `resetMaxAge` goes back to; `null` for none. */
    originalMaxAge: number | null

    /** What is left of the lifetime, in milliseconds; setting it sets `expires`. */
    maxAge?: number | undefined

    /** The end of the cookie's life; `null` for one that ends with the browser session. */
    expires?: Date | null | undefined

    /** Where `expires` is kept. */
    _expires?: Date | null | undefined

    signed?: boolean | undefined
    httpOnly?: boolean | undefined
    path?: string | undefined
    domain?: string | undefined
    secure?: boolean | 'auto' | undefined

    /** `"auto"` has become `"none"` or `"lax"` here. */
    sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
    partitioned?: boolean | undefined
    priority?: 'low' | 'medium' | 'high' | undefined

    /** The attributes as a plain object, without `maxAge`. */
    readonly data?: CookieData | undefined

    /**
     * The text of a `Set-Cookie` header (RFC 6265, 4.1). The value is encoded, not signed.
     *
     * @throws {TypeError} The name, the value or an attribute can not be in a header.
     */
    serialize?(name: string, value: string): string

    /** The same as `data`. */
    toJSON?(): CookieData
  }

  /** A cookie's attributes, the way stores write them down. */
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

  /** A cookie made by `new Cookie()`. */
  interface SessionCookie extends Cookie {
    readonly data: CookieData
    serialize(name: string, value: string): string
    toJSON(): CookieData
  }

  interface CookieConstructor {
    /**
     * @throws {TypeError} The options are no object, or `maxAge` is no number.
     */
    new(options?: CookieOptions | CookieData): SessionCookie
    readonly prototype: SessionCookie
  }

  // Not a class: instances have more than what `Cookie` may ask of a store's plain object.
  const Cookie: CookieConstructor

  /** What a store tells the middleware: while it is disconnected, requests have no session. */
  interface StoreEvents {
    connect: []
    disconnect: []
  }

  /**
   * The base of every store. `get`, `set` and `destroy` are a store's duty, `touch` its good manners.
   * Callbacks may be called before the method returns, and the error goes first.
   */
  abstract class Store extends EventEmitter {
    /** Destroys the session of the request and puts a new one, with a new id, at `req.session`. */
    regenerate(req: Express.Request, callback: (err?: any) => any): void

    /** Gets a session as a `Session`; `undefined` where there is none. */
    load(sid: string, callback: (err: any, session?: SessionData) => any): void

    /** Makes a `Session` of what the store holds and puts it at `req.session`. */
    createSession(req: Express.Request, session: SessionData): Session & SessionData

    /**
     * Hands over the session, or nothing where there is none.
     * An error whose `code` is `"ENOENT"` means the latter too.
     */
    abstract get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    /** Stores a session, in place of the one of that id. It expires at `session.cookie.expires`. */
    abstract set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes a session. That there is none is no error. */
    abstract destroy(sid: string, callback?: (err?: any) => void): void

    /** Hands over all sessions, by id or as a list. */
    all?(callback: (err: any, obj?: SessionData[] | { [sid: string]: SessionData } | null) => void): void

    /** Hands over the number of sessions. */
    length?(callback: (err: any, length?: number) => void): void

    /** Removes all sessions. */
    clear?(callback?: (err?: any) => void): void

    /** Moves a stored session's expiry to `session.cookie.expires`, and leaves its data alone. */
    touch?(sid: string, session: SessionData, callback?: (err?: any) => void): void

    on<E extends keyof StoreEvents>(event: E, listener: (...args: StoreEvents[E]) => void): this
    on(event: string | symbol, listener: (...args: any[]) => void): this
    once<E extends keyof StoreEvents>(event: E, listener: (...args: StoreEvents[E]) => void): this
    once(event: string | symbol, listener: (...args: any[]) => void): this
  }

  /** The options of `MemoryStore`: those of memorystore 1.6.8, `maxBytes` and `shared`. */
  interface MemoryStoreOptions {
    /**
     * The most sessions to hold. At the bound a session that no client has come back with goes first.
     * Default: `Infinity`, for which `0` stands too.
     */
    max?: number | undefined

    /**
     * The most bytes to hold, ids and bookkeeping included. A session larger than that is refused
     * through the callback. Default: a quarter of the memory that the process may use.
     */
    maxBytes?: number | undefined

    /**
     * The lifetime, in milliseconds, counted anew from each `set` and `touch`; or a function that gives
     * it for a session. A cookie that expires sooner takes its session with it. What the function throws
     * reaches the callback. Default: the cookie's lifetime, and one day where it has none.
     */
    ttl?: number | MemoryStoreTtl | undefined

    /**
     * The sessions' name within the process: stores with the same name, in any worker thread, hold the
     * same sessions. Default: the store's sessions are its own.
     */
    shared?: string | undefined

    /** Called with the id and the text of a session that has been removed, or replaced by `set`. */
    dispose?(sid: string, text: string): void

    /** Do not call `dispose` for a session that `set` replaces. Default: `false`. */
    noDisposeOnSet?: boolean | undefined

    /** Accepted for memorystore's sake and without effect: an expired session is never returned. Default: `false`. */
    stale?: boolean | undefined

    /** Makes the texts of sessions, and reads them. What it throws reaches the callback. Default: `JSON`. */
    serializer?: Serializer | undefined

    /**
     * How often to call `prune`, in milliseconds. Not needed: sessions expire by themselves.
     * Default: `false`, never.
     */
    checkPeriod?: number | false | undefined
  }

  // From a method, so that a function may know more of its sessions than SessionData says.
  type MemoryStoreTtl = {
    ttl(options: MemoryStoreOptions, session: SessionData, sid: string): number
  }['ttl']

  interface Serializer {
    stringify(session: object): string
    parse(text: string): object
  }

  /** What a MemoryStore has done since it was made, and holds now. */
  interface MemoryStoreStats {
    /** Sessions held. */
    sessions: number
    /** Bytes held. */
    bytes: number
    /** Ids of destroyed sessions, remembered for a while so that a late save does not bring one back. */
    tombstones: number
    /** The bounds in force. */
    limits: { max: number; maxBytes: number }
    /** Reads that found a session. */
    hits: number
    /** Reads that found none. */
    misses: number
    sets: number
    touches: number
    destroyed: number
    expired: number
    /** Sessions dropped to keep within a bound, by the bound. */
    evicted: { max: number; maxBytes: number }
  }

  /**
   * What became of a session; told afterwards, once for each. Costs nothing without a listener.
   * A session whose text the serializer can not read is told as `undefined`.
   */
  interface MemoryStoreEvents extends StoreEvents {
    /** Its time was over. */
    expired: [sid: string, session: SessionData]
    /** It was dropped to keep within `max` or `maxBytes`. */
    evicted: [sid: string, session: SessionData]
    /** `destroy` removed it. */
    destroyed: [sid: string, session: SessionData]
  }

  /**
   * Sessions in this process's memory, outside of V8's heap: expired by themselves, bounded, fit for
   * production in a single process. With several processes, each has its own.
   */
  class MemoryStore extends Store {
    /**
     * @throws {TypeError | RangeError} An option has a wrong type or is out of range; the message names it.
     */
    constructor(options?: MemoryStoreOptions)

    /** The stored texts by id, as upstream has them: a view, through which reads and writes reach the store. */
    sessions: { [sid: string]: string }

    get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes one session, or several. */
    destroy(sid: string | readonly string[], callback?: (err?: any) => void): void

    touch(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Collects all sessions by id, in steps; to go through many, iterate over the store. */
    all(callback: (err: any, obj?: { [sid: string]: SessionData } | null) => void): void

    length(callback: (err: any, length?: number) => void): void

    clear(callback?: (err?: any) => void): void

    /** Collects all ids, in steps; to go through many, use `keys`. */
    ids(callback: (err: any, ids?: string[]) => void): void

    /** Goes through the ids in steps that do not hold up the event loop. */
    keys(): AsyncIterableIterator<string>

    /** Goes through the sessions in steps that do not hold up the event loop. */
    [Symbol.asyncIterator](): AsyncIterableIterator<[sid: string, session: SessionData]>

    /** Removes expired sessions now, rather than within a second. */
    prune(): void

    /** Starts calling `prune` every `checkPeriod` milliseconds; the constructor has done so. */
    startInterval(): void

    /** Ends what `startInterval` started. */
    stopInterval(): void

    /** Counts and sizes, in constant time. */
    stats(): MemoryStoreStats

    /** Stops the store's timers and drops its sessions, unless they are `shared`. */
    close(): void

    on<E extends keyof MemoryStoreEvents>(event: E, listener: (...args: MemoryStoreEvents[E]) => void): this
    on(event: string | symbol, listener: (...args: any[]) => void): this
    once<E extends keyof MemoryStoreEvents>(event: E, listener: (...args: MemoryStoreEvents[E]) => void): this
    once(event: string | symbol, listener: (...args: any[]) => void): this
  }
}
