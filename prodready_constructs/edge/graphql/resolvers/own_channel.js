import { util } from '@aws-appsync/utils'

// The second part of the channel is the caller's own subject: /orders/<subject>/...
function isOwn(ctx) {
  const subject = ctx.identity ? ctx.identity.sub : null
  return subject !== null && subject !== undefined && ctx.info.channel.segments[1] === subject
}

export function onSubscribe(ctx) {
  if (!isOwn(ctx)) {
    util.unauthorized()
  }
}

// A service with an IAM role publishes to everybody's channel; a user to their own only.
export function onPublish(ctx) {
  const role = ctx.identity ? ctx.identity.userArn : null
  if (!role && !isOwn(ctx)) {
    util.unauthorized()
  }
  return ctx.events
}
