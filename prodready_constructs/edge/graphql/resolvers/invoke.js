// A function decides. It hears what was asked and who asks, not the headers: no token of the caller travels further.
export function request(ctx) {
  const identity = ctx.identity ?? {}
  return {
    operation: 'Invoke',
    payload: {
      type: ctx.info.parentTypeName,
      field: ctx.info.fieldName,
      arguments: ctx.args,
      source: ctx.source ?? null,
      caller: { subject: identity.sub ?? null, groups: identity.groups ?? [], role: identity.userArn ?? null },
    },
  }
}

export function response(ctx) {
  if (ctx.error) {
    fail(ctx.error)
  }
  return ctx.result
}
