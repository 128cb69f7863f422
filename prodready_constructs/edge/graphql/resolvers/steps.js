// Around the steps of a pipeline: what the last one made is the answer.
export function request() {
  return {}
}

export function response(ctx) {
  return ctx.prev.result
}
