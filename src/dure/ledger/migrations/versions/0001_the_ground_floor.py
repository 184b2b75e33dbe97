"""The ground floor: the ledger, people, the vault, and the first room, plan."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    ledger()
    people()
    vault()
    plan()
    search()


def ledger() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("within", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("seal", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
    )
    op.create_index("ix_ledger_entry_at", "ledger_entry", ["at"])
    op.create_index("ix_ledger_entry_seal", "ledger_entry", ["seal", "id"])
    op.create_table(
        "ledger_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_seal"),
    )
    op.create_table(
        "timer",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cron", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timer"),
        sa.UniqueConstraint("name", name="uq_timer_name"),
    )
    op.create_index("ix_timer_wake_at", "timer", ["wake_at"])
    op.create_table(
        "ledger_delivery",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reaction", sa.String(), nullable=False),
        sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name="fk_ledger_delivery_entry_id_ledger_entry"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_delivery"),
        sa.UniqueConstraint("entry_id", "reaction", name="uq_ledger_delivery_entry_id_reaction"),
    )
    op.create_index("ix_ledger_delivery_stuck_at", "ledger_delivery", ["stuck_at"])
    op.create_index("ix_ledger_delivery_wake_at", "ledger_delivery", ["wake_at"])
    op.create_table(
        "ledger_ref",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name="fk_ledger_ref_entry_id_ledger_entry"),
        sa.PrimaryKeyConstraint("ref", "entry_id", name="pk_ledger_ref"),
        sqlite_with_rowid=False,
    )


def people() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("password_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("admin_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("theme", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("handle", name="uq_person_handle"),
    )
    op.create_table(
        "sign_in_guessing",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_sign_in_guessing"),
    )
    op.create_index("ix_sign_in_guessing_full_at", "sign_in_guessing", ["full_at"])
    op.create_table(
        "known_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_known_device_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_known_device"),
        sa.UniqueConstraint("digest", name="uq_known_device_digest"),
    )
    op.create_index("ix_known_device_person_id", "known_device", ["person_id"])
    op.create_table(
        "person_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("next_digest", sa.String(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("old_digest", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_person_session_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_person_session"),
        sa.UniqueConstraint("digest", name="uq_person_session_digest"),
    )
    op.create_index("ix_person_session_next_digest", "person_session", ["next_digest"])
    op.create_index("ix_person_session_old_digest", "person_session", ["old_digest"])
    op.create_index("ix_person_session_person_id", "person_session", ["person_id"])
    op.create_index("ix_person_session_seen_at", "person_session", ["seen_at"])
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_role_grant_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
    )
    op.create_index("ix_role_grant_person", "role_grant", ["person_id", "scope"])
    op.create_index(
        "uq_role_grant_everyone",
        "role_grant",
        ["scope"],
        unique=True,
        sqlite_where=sa.text("person_id IS NULL"),
        postgresql_where=sa.text("person_id IS NULL"),
    )
    op.create_index("uq_role_grant_scope_person", "role_grant", ["scope", "person_id"], unique=True)
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_sign_in_link_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_link"),
        sa.UniqueConstraint("digest", name="uq_sign_in_link_digest"),
    )
    op.create_index("ix_sign_in_link_person_id", "sign_in_link", ["person_id"])
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("within", sa.String(), nullable=True),
        sa.Column("role", sa.Integer(), nullable=True),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_token_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )
    op.create_index("ix_token_person_id", "token", ["person_id"])
    op.create_index("ix_token_within", "token", ["within"])


def vault() -> None:
    op.create_table(
        "vault_key_in_use",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vault_key_in_use"),
    )
    op.create_table(
        "vault_secret",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("lent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_vault_secret"),
        sa.UniqueConstraint("scope", "name", name="uq_vault_secret_scope_name"),
    )
    op.create_index("ix_vault_secret_key_id", "vault_secret", ["key_id"])


def plan() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issues_numbered", sa.Integer(), nullable=False),
        sa.Column("open_issues", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("owner", "name", name="uq_project_owner_name"),
    )
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_label_project_id_project"),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        sa.UniqueConstraint("project_id", "key", name="uq_label_project_id_key"),
    )
    op.create_table(
        "milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_issues", sa.Integer(), nullable=False),
        sa.Column("closed_issues", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_milestone_project_id_project"),
        sa.PrimaryKeyConstraint("id", name="pk_milestone"),
        sa.UniqueConstraint("project_id", "title", name="uq_milestone_project_id_title"),
    )
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_by_name", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("milestone_id", sa.Integer(), nullable=True),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"], name="fk_issue_milestone_id_milestone"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_issue_project_id_project"),
        sa.PrimaryKeyConstraint("id", name="pk_issue"),
        sa.UniqueConstraint("project_id", "number", name="uq_issue_project_id_number"),
    )
    op.create_index("ix_issue_author", "issue", ["project_id", "author", "is_open", "id"])
    op.create_index("ix_issue_milestone", "issue", ["milestone_id", "is_open", "id"])
    op.create_index("ix_issue_newest", "issue", ["project_id", "id"])
    op.create_index("ix_issue_state_newest", "issue", ["project_id", "is_open", "id"])
    op.create_index("ix_issue_state_updated", "issue", ["project_id", "is_open", "updated_at", "id"])
    op.create_index("ix_issue_updated", "issue", ["project_id", "updated_at", "id"])
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_comment_issue_id_issue"),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
    )
    op.create_index("ix_comment_issue", "comment", ["issue_id", "id"])
    op.create_table(
        "issue_assignee",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_assignee_issue_id_issue"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_issue_assignee_person_id_person"),
        sa.PrimaryKeyConstraint("issue_id", "person_id", name="pk_issue_assignee"),
    )
    op.create_index("ix_issue_assignee_newest", "issue_assignee", ["person_id", "is_open", "issue_id"])
    op.create_table(
        "issue_label",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_label_issue_id_issue"),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name="fk_issue_label_label_id_label"),
        sa.PrimaryKeyConstraint("issue_id", "label_id", name="pk_issue_label"),
    )
    op.create_index("ix_issue_label_newest", "issue_label", ["label_id", "is_open", "issue_id"])
    op.create_table(
        "issue_reference",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("to_issue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_reference_issue_id_issue"),
        sa.ForeignKeyConstraint(["to_issue_id"], ["issue.id"], name="fk_issue_reference_to_issue_id_issue"),
        sa.PrimaryKeyConstraint("issue_id", "to_issue_id", name="pk_issue_reference"),
    )
    op.create_index("ix_issue_reference_to_issue_id", "issue_reference", ["to_issue_id"])
    op.create_table(
        "mention",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_mention_issue_id_issue"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_mention_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "issue_id", name="pk_mention"),
    )
    op.create_index("ix_mention_issue_id", "mention", ["issue_id"])


def search() -> None:
    """The index of words, which is no table that SQLAlchemy knows."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE issue_search USING fts5(words, tokenize = 'ascii', columnsize = 0)")
        return
    op.execute(
        "CREATE TABLE issue_search (issue_id integer CONSTRAINT pk_issue_search PRIMARY KEY, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_issue_search_words ON issue_search USING gin (words) WITH (fastupdate = off)")
