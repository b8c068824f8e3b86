// Dependencies that bring no types.
declare module 'cookie' {
  export function serialize (name: string, value: string, attributes?: object): string
}

declare module 'cli-progress' {
  export const Presets: { shades_classic: object }
  export class SingleBar {
    constructor (options: object, preset: object)
    start (total: number, startValue: number): void
    increment (by: number): void
    stop (): void
  }
}

declare module 'debug' {
  function debug (name: string): { (message: string, ...values: unknown[]): void, enabled: boolean }
  export = debug
}

declare module 'depd' {
  function depd (name: string): (message: string) => void
  export = depd
}
