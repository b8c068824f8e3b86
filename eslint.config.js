'use strict'

const js = require('@eslint/js')

const globals = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']))

module.exports = [
  // binding.js is generated.
  { ignores: ['binding.js', 'target/', 'coverage/', '**/node_modules/', '**/.servers/'] },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: 'commonjs',
      globals: globals(
        'AbortController', 'Buffer', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', '__dirname', '__filename',
        'clearImmediate', 'clearInterval', 'clearTimeout', 'console', 'fetch', 'performance', 'process', 'queueMicrotask',
        'setImmediate', 'setInterval', 'setTimeout', 'structuredClone'
      )
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-unused-vars': ['error', { args: 'none', caughtErrors: 'all', ignoreRestSiblings: true }],
      'no-empty': ['error', { allowEmptyCatch: true }],
      'no-var': 'error',
      'object-shorthand': ['error', 'properties'],
      'prefer-const': ['error', { destructuring: 'all' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      strict: ['error', 'global']
    }
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: 'module',
      globals: globals('Buffer', 'URL', 'console', 'fetch', 'process', 'setImmediate', 'setTimeout')
    }
  },
  {
    // What playwright runs in the page.
    files: ['__test__/browser/**'],
    languageOptions: { globals: globals('document') }
  }
]
