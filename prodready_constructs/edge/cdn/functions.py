"""The CloudFront Function of a site: redirects and page routes in one, because a behaviour takes no second one for the same event."""

from __future__ import annotations

import json
from datetime import timedelta

from aws_cdk import aws_cloudfront as cloudfront

from prodready_constructs.edge.cdn.routing import Pages, SiteRouting
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

#: CloudFront's quota for a function's code. Source: Amazon CloudFront developer guide, "Quotas on CloudFront Functions".
LARGEST = 10_240

_PAGES: dict[Pages, str] = {
    "single": "  if (!request.uri.split('/').pop().includes('.')) request.uri = '/index.html';\n",
    "folders": """  if (request.uri.endsWith('/')) request.uri += 'index.html';
  else if (!request.uri.split('/').pop().includes('.')) request.uri += '/index.html';
""",
    "files": "",
}
_COMMENTS: dict[Pages, str] = {
    "single": "Paths without a file extension show /index.html",
    "folders": "Paths without a file extension show the index.html of their folder",
    "files": "Redirects",
}
_SLASH = {
    None: "path",
    "remove": "bare",
    "add": "path.endsWith('/') || path.split('/').pop().includes('.') ? path : path + '/'",
}
# A path that begins with two slashes, or with a slash and a backslash, is another host to a browser: '//evil.example'. Only one is left.
# The query string is put together again from CloudFront's event, which keeps it encoded; nothing unprintable gets into a header.
_REDIRECTS = """var MOVED = %(moved)s;
var HOST = %(host)s;
function clean(text) {
  return text.replace(/[^\\x21-\\x5b\\x5d-\\x7e]+/g, function (odd) { try { return encodeURIComponent(odd); } catch (e) { return ''; } });
}
function handler(event) {
  var request = event.request, asked = request.uri, path = '/' + asked.replace(/^[\\/\\\\]+/, '');
  var end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  var bare = path.slice(0, end);
  var move = Object.prototype.hasOwnProperty.call(MOVED, bare) ? MOVED[bare] : null;
  var to = move ? move[0] : %(slash)s;
  var host = request.headers.host ? request.headers.host.value.toLowerCase() : HOST;
  if (move || to !== asked || (HOST && host !== HOST)) {
    var reading = request.method === 'GET' || request.method === 'HEAD', forGood = !move || move[1], query = [];
    Object.keys(request.querystring).forEach(function (key) {
      var item = request.querystring[key];
      (item.multiValue || [item]).forEach(function (one) { query.push(key + '=' + one.value); });
    });
    var parts = to.split('#'), more = query.join('&');
    if (more) parts[0] += (parts[0].indexOf('?') < 0 ? '?' : '&') + more;
    var location = clean(parts.join('#'));
    return {
      statusCode: forGood ? (reading ? 301 : 308) : reading ? 302 : 307,
      statusDescription: forGood ? 'Moved Permanently' : 'Found',
      headers: {
        location: { value: HOST && location[0] === '/' ? 'https://' + HOST + location : location },
        'cache-control': { value: forGood ? 'max-age=3600' : 'no-store' },
        'strict-transport-security': { value: %(hsts)s },
      },
    };
  }
%(pages)s  return request;
}
"""
_ROUTES = """function handler(event) {
  var request = event.request;
%(pages)s  return request;
}
"""


def page_function(where: str, routing: SiteRouting, *, pages: Pages, hsts_max_age: int) -> str | None:
    """The code of the one viewer-request function; None where there is nothing to do.

    Raises:
        ConfigurationError: more redirects than fit into a CloudFront Function.
    """
    if not routing.redirects_anything:
        return _ROUTES % {"pages": _PAGES[pages]} if _PAGES[pages] else None
    moved = {old: [new, 1 if for_good else 0] for old, (new, for_good) in routing.moved.items()}
    code = _REDIRECTS % {
        "moved": json.dumps(moved, separators=(",", ":")),
        "host": json.dumps(routing.canonical),
        "slash": _SLASH[routing.trailing_slash],
        "hsts": json.dumps(f"max-age={hsts_max_age}; includeSubDomains"),
        "pages": _PAGES[pages],
    }
    if (size := len(code.encode())) > LARGEST:
        raise ConfigurationError(
            f"{where}: routing",
            given=f"a function of {size:,} bytes for {len(moved)} redirects",
            allowed=f"{LARGEST:,} bytes, CloudFront's quota for a function",
            mend="leave the oldest redirects out, or answer them at the origin",
        )
    return code


def page_routes(
    site: Part, routing: SiteRouting, *, pages: Pages, hsts_max_age: timedelta
) -> tuple[list[cloudfront.FunctionAssociation] | None, str | None]:
    """The function of *site*, for a behaviour, and its name; nothing where there is nothing to do.

    Error pages would do it too, but they are the distribution's: an API's 403 and 404 would become a page with status 200.
    """
    code = page_function(site.path, routing, pages=pages, hsts_max_age=int(hsts_max_age.total_seconds()))
    if code is None:
        return None, None
    function = cloudfront.Function(
        site,
        "Routes",
        code=cloudfront.FunctionCode.from_inline(code),
        runtime=cloudfront.FunctionRuntime.JS_2_0,
        comment=_COMMENTS[pages],
        auto_publish=True,
    )
    event = cloudfront.FunctionEventType.VIEWER_REQUEST
    return [cloudfront.FunctionAssociation(function=function, event_type=event)], function.function_name
