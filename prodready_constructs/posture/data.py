"""What kinds of data there are, and how long each is kept: declared once, read by every store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import within

#: The value of the tag ``data-class``: what AWS allows in a tag value is wider, but nobody wants to quote it.
_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataClass:
    """One kind of data. Hand it to every store that holds such data: ``data_class=posture.data.personal``.

    Attributes:
        name: the value of the tag ``data-class``.
        retention: how long an object or item lives from its creation; None is without end, which personal data may not be.
        archive_after: when objects move to Glacier Instant Retrieval, before *retention* ends; None leaves them where they are.
        noncurrent_retention: how long an overwritten, deleted or expired object can still be brought back. All that is left
            of an object is gone after *retention* and this, and its backups after *backup_retention*.
        log_retention: how long logs about it are kept: access logs, and those of the services that handle it (``Posture.holding``).
        backup_retention: how long its backups are kept at most; a plan that keeps them longer is refused.
        personal: about people (GDPR Art. 4(1)).
        keys_in_plain: whether monitoring may show the keys of single items, which then lie unencrypted in CloudWatch.

    Sources: GDPR Art. 5(1)(e), https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/contributorinsights_HowItWorks.html
    """

    name: str
    retention: timedelta | None
    archive_after: timedelta | None
    noncurrent_retention: timedelta
    log_retention: timedelta
    backup_retention: timedelta
    personal: bool
    keys_in_plain: bool

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                "DataClass.name", given=self.name, allowed="2 to 31 small letters, digits and dashes", mend="write it like 'personal'"
            )
        where = f"DataClass({self.name!r})"
        if self.personal and self.retention is None:
            raise ConfigurationError(
                f"{where}.retention",
                given=None,
                allowed="a time after which personal data is deleted (GDPR Art. 5(1)(e))",
                mend="say how long the purpose needs it, such as timedelta(days=730)",
            )
        for field, age in (("retention", self.retention), ("archive_after", self.archive_after)):
            if age is not None and (age < _DAY or age % _DAY):
                raise ConfigurationError(
                    f"{where}.{field}", given=str(age), allowed="whole days, which is what S3 counts", mend="use timedelta(days=...)"
                )
        if self.retention is not None and self.archive_after is not None and self.archive_after >= self.retention:
            raise ConfigurationError(
                f"{where}.archive_after",
                given=f"{self.archive_after.days} days with a retention of {self.retention.days} days",
                allowed=f"less than {self.retention.days} days: it would be deleted before it is archived",
                mend="archive earlier, keep it longer, or leave archive_after None",
            )
        within(
            f"{where}.noncurrent_retention",
            self.noncurrent_retention,
            timedelta(days=7),
            timedelta(days=3650),
            because="a version that is gone within a week protects from nothing",
        )
        within(f"{where}.log_retention", self.log_retention, timedelta(days=7), timedelta(days=3650), because="logs are evidence")
        within(
            f"{where}.backup_retention",
            self.backup_retention,
            timedelta(days=7),
            timedelta(days=3653),
            because="under a week a Monday cannot undo a Friday",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPosture:
    """The data classes of the application. Your own beside them: ``replace(posture.data.personal, name="health", ...)``.

    Attributes:
        public: everybody may read it: the files of a website.
        internal: of no use to a stranger, of much to us.
        confidential: contracts, orders, accounts: kept as long as tax law asks for the books, unless you know better.
        personal: about people; it has an end.
    """

    public: DataClass
    internal: DataClass
    confidential: DataClass
    personal: DataClass


#: What production and staging begin with.
USUAL_CLASSES = DataPosture(
    public=DataClass(
        name="public",
        retention=None,
        archive_after=None,
        noncurrent_retention=timedelta(days=30),
        log_retention=timedelta(days=90),
        backup_retention=timedelta(days=365),
        personal=False,
        keys_in_plain=True,
    ),
    internal=DataClass(
        name="internal",
        retention=None,
        archive_after=timedelta(days=90),
        noncurrent_retention=timedelta(days=90),
        log_retention=timedelta(days=365),
        backup_retention=timedelta(days=365),
        personal=False,
        keys_in_plain=True,
    ),
    confidential=DataClass(
        name="confidential",
        # Our assumption, after the ten years that German tax law (section 147 AO) asks for books and annual accounts.
        retention=timedelta(days=3653),
        archive_after=timedelta(days=90),
        noncurrent_retention=timedelta(days=90),
        log_retention=timedelta(days=365),
        backup_retention=timedelta(days=365),
        personal=False,
        keys_in_plain=False,
    ),
    personal=DataClass(
        name="personal",
        # Our assumption; the purpose decides, and a shorter time is the better one.
        retention=timedelta(days=730),
        archive_after=timedelta(days=90),
        noncurrent_retention=timedelta(days=30),
        log_retention=timedelta(days=90),
        # What was erased must not come back from a backup of last year.
        backup_retention=timedelta(days=35),
        personal=True,
        keys_in_plain=False,
    ),
)
