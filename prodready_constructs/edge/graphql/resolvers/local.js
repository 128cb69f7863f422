// Nothing behind: the arguments come back, for subscriptions to hear.
export function request(ctx) {
  return { payload: ctx.args }
}

export function response(ctx) {
  return ctx.result
}
