"""The CloudFront Function of a site: redirects and page routes in one, because a behaviour takes no second one for the same event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

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
    "files": "Redirects and private folders",
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
# CloudFront chooses a behaviour, and with it whether to ask for a signature, by the path as it came; S3 decodes it, and pages are added to
# it above. So what ends in a private folder by another way than through its own behaviour is turned away.
_CLOSED = """var CLOSED = %s;
function closed(uri) {
  var key = uri.replace(/%%([0-7][0-9a-f])/gi, function (_, hex) { return String.fromCharCode(parseInt(hex, 16)); }).replace(/\\/+/g, '/');
  return CLOSED.some(function (folder) { return key.startsWith(folder); });
}
"""
_TURN_AWAY = "  if (closed(request.uri)) return { statusCode: 403, statusDescription: 'Forbidden' };\n"


def page_function(where: str, routing: SiteRouting, *, pages: Pages, hsts_max_age: int, closed: Sequence[str] = ()) -> str | None:
    """The code of the one viewer-request function; None where there is nothing to do.

    Args:
        closed: folders whose files are private, ``/members/``: they answer to their own behaviour alone.

    Raises:
        ConfigurationError: more redirects than fit into a CloudFront Function.
    """
    if not (routing.redirects_anything or closed or _PAGES[pages]):
        return None
    moved = {old: [new, 1 if for_good else 0] for old, (new, for_good) in routing.moved.items()}
    values = {
        "moved": json.dumps(moved, separators=(",", ":")),
        "host": json.dumps(routing.canonical),
        "slash": _SLASH[routing.trailing_slash],
        "hsts": json.dumps(f"max-age={hsts_max_age}; includeSubDomains"),
        "pages": _PAGES[pages] + (_TURN_AWAY if closed else ""),
    }
    code = (_CLOSED % json.dumps(list(closed)) if closed else "") + (_REDIRECTS if routing.redirects_anything else _ROUTES) % values
    if (size := len(code.encode())) > LARGEST:
        raise ConfigurationError(
            f"{where}: routing",
            given=f"a function of {size:,} bytes for {len(moved)} redirects",
            allowed=f"{LARGEST:,} bytes, CloudFront's quota for a function",
            mend="leave the oldest redirects out, or answer them at the origin",
        )
    return code


class PageFunction:
    """The function of a site's pages, and a second one for pages in private folders.

    Error pages would do it too, but they are the distribution's: an API's 403 and 404 would become a page with status 200.
    """

    def __init__(self, site: Part, routing: SiteRouting, *, pages: Pages, hsts_max_age: timedelta) -> None:
        self._site, self._routing, self._pages, self._hsts = site, routing, pages, int(hsts_max_age.total_seconds())
        self._closed: list[str] = []
        self._function: cloudfront.Function | None = None
        self._private: list[cloudfront.FunctionAssociation] | None = None
        #: The names of the functions, for their alarms.
        self.names: tuple[str, ...] = ()
        code = self._code()
        #: For the default behaviour; None where there is nothing to do.
        self.associations = self._associate(self._make("Routes", code, _COMMENTS[pages])) if code else None

    def close(self, folder: str, distribution: cloudfront.Distribution) -> list[cloudfront.FunctionAssociation] | None:
        """Turn away whoever comes to *folder* by another way than through its own behaviour; what that behaviour must run."""
        self._closed.append(folder)
        code = self._code() or ""
        if self._function is None:
            made = self._make("Routes", code, _COMMENTS[self._pages])
            # The default behaviour of the L2 is finished.
            resource = cast("cloudfront.CfnDistribution", distribution.node.default_child)
            wanted = [{"EventType": "viewer-request", "FunctionARN": made.function_arn}]
            resource.add_property_override("DistributionConfig.DefaultCacheBehavior.FunctionAssociations", wanted)
        else:
            cast("cloudfront.CfnFunction", self._function.node.default_child).function_code = code
        if self._pages == "folders" and self._private is None:
            # Without redirects, which would lead out of the folder, and without the guard.
            self._private = self._associate(self._make("PrivatePages", _ROUTES % {"pages": _PAGES["folders"]}, _COMMENTS["folders"]))
        return self._private

    def _code(self) -> str | None:
        return page_function(self._site.path, self._routing, pages=self._pages, hsts_max_age=self._hsts, closed=self._closed)

    def _make(self, construct_id: str, code: str, comment: str) -> cloudfront.Function:
        made = cloudfront.Function(
            self._site,
            construct_id,
            code=cloudfront.FunctionCode.from_inline(code),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment=comment,
            auto_publish=True,
        )
        self._function = self._function or made
        self.names += (made.function_name,)
        return made

    @staticmethod
    def _associate(function: cloudfront.Function) -> list[cloudfront.FunctionAssociation]:
        return [cloudfront.FunctionAssociation(function=function, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST)]
