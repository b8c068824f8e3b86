import session = require('./index')

export = createMemoryStore

/**
 * The form of the memorystore package: `require("express-session-native/memorystore")(session)` in the
 * place of `require("memorystore")(session)`. The class is this package's `MemoryStore`.
 */
declare function createMemoryStore(expressSession: createMemoryStore.SessionModule): typeof session.MemoryStore

declare namespace createMemoryStore {
  /** What the factory is given: express-session, under whichever name. */
  interface SessionModule {
    Store: abstract new(...args: any[]) => object
  }
}
