import session = require('./index')

export = createMemoryStore

/**
 * The factory of the memorystore package: `require("express-session-native/memorystore")(session)` replaces
 * `require("memorystore")(session)`. It returns this package's `MemoryStore`, or a class with the same
 * methods that inherits from the given module's `Store`.
 *
 * @throws {TypeError} The argument has no `Store` class.
 */
declare function createMemoryStore(expressSession: createMemoryStore.SessionModule): typeof session.MemoryStore

declare namespace createMemoryStore {
  /** The argument of the factory: this package or express-session. */
  interface SessionModule {
    Store: abstract new(...args: any[]) => object
  }
}
