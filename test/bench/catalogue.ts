export const PEOPLE = 50
export const RESOURCES = 10
export const CHANNEL = 'C0BENCH'
export const ASKERS = 'S0ASKERS'
export const ANSWERERS = 'S0ANSWERERS'

/** A catalogue of ten resources that fifty people may ask for. */
export function benchCatalogue(): string {
  const resources = Array.from(
    { length: RESOURCES },
    (_, n) => `
  - id: service-${n}
    title: Service ${n}
    policy: jit-service-${n}
    requesters: { groups: [${ASKERS}] }
    approvers: { groups: [${ANSWERERS}] }
    duration: { default: 1h, max: 8h }`,
  )
  return `domains: [example.com]\nchannel: ${CHANNEL}\nresources:${resources.join('')}\n`
}
