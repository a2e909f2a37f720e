const { PATH = '', NODE_COMPILE_CACHE } = process.env

/** What processes that a test starts have of its environment: nothing that the product reads. */
export const INHERITED: Readonly<Record<string, string>> = {
  PATH,
  ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
}
