"""What do practice sites have in common on which a reply is a post, with an address of its own?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from starlette.responses import RedirectResponse

from sandbox.pages import Pages
from sandbox.site import BadInputError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.seed import Post, Remark
    from sandbox.truth import Effect


class RepliesPages(Pages):
    """The page of a post and its replies, which is each reply's page too. `post_page` is what the site calls it."""

    post_page: ClassVar[str]

    def path_of(self, author: str, code: str) -> str:
        """Answer the address of a post or a reply."""
        raise NotImplementedError

    async def post(self, request: Request) -> Response:
        """Answer a post or a reply; another author in the address leads to the right one."""
        code = request.path_params["code"]
        post, reply = self._found(code)
        author = reply.account if reply else post.author if post else ""
        if author and author != request.path_params["author"]:
            return RedirectResponse(self.site.base + self.path_of(author, code), 302)
        return await self.page_or_missing(request, self.post_page, there=post is not None)

    async def post_data(self, request: Request) -> Response:
        """Answer a post with its replies, newest first; a reply's own address also names the reply."""
        post, reply = self._found(request.path_params["code"])
        if post is None:
            raise BadInputError("no such post", 404)
        rows = [] if reply else self.platform.comments(post)
        return await self.site.data(
            self.site.viewer(request),
            post=self.as_json(post),
            reply=reply and self._reply(reply),
            replies=[self._reply(row) for row in rows],
        )

    def comment_path(self, post: Post, row: Effect | Remark) -> str:  # noqa: ARG002 - the shape of all sites
        """Answer where a comment has its own address."""
        return self.path_of(row.account, row.id)

    def _found(self, code: str) -> tuple[Post | None, Any]:
        post = self.platform.posts.get(code)
        return (post, None) if post else self.platform.reply(code)

    def _reply(self, row: Any) -> dict[str, Any]:
        path = self.path_of(row.account, row.id)
        return {"id": row.id, "author": row.account, "text": row.text, "at": row.at, "path": path}
