"""The catalog's tables, as numbered migrations. Portable SQL but for WITHOUT ROWID, which is SQLite's."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE storage (
        id TEXT PRIMARY KEY,
        layout TEXT NOT NULL,
        identity BLOB NOT NULL,
        name BLOB NOT NULL,
        root BLOB NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        file_system TEXT NOT NULL DEFAULT '',
        files INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        last_scan_ns INTEGER,
        changed INTEGER NOT NULL DEFAULT 1,
        reconciled_with TEXT NOT NULL DEFAULT '',
        layers_stamp TEXT NOT NULL DEFAULT ''
    );

    CREATE TABLE folder (
        id INTEGER PRIMARY KEY,
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        path BLOB NOT NULL,
        names_seal BLOB,
        stat_seal BLOB,
        racy INTEGER NOT NULL DEFAULT 0,
        files INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        device INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        UNIQUE (storage_id, path)
    );

    CREATE TABLE file (
        folder_id INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
        name BLOB NOT NULL,
        kind INTEGER NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        status INTEGER NOT NULL,
        digest BLOB,
        hashed_ns INTEGER NOT NULL DEFAULT 0,
        gone_ns INTEGER,
        error TEXT,
        seen_ns INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (folder_id, name)
    ) WITHOUT ROWID;

    CREATE INDEX file_gone ON file (folder_id) WHERE gone_ns IS NOT NULL;

    CREATE TABLE content (
        digest BLOB PRIMARY KEY,
        state TEXT,
        reason TEXT,
        key TEXT,
        engine TEXT
    ) WITHOUT ROWID;

    CREATE TABLE alteration (
        folder_id INTEGER NOT NULL,
        name BLOB NOT NULL,
        kind TEXT NOT NULL,
        old_digest BLOB NOT NULL,
        old_size INTEGER NOT NULL,
        old_mtime_ns INTEGER NOT NULL,
        seen_ns INTEGER NOT NULL,
        PRIMARY KEY (folder_id, name),
        FOREIGN KEY (folder_id, name) REFERENCES file (folder_id, name) ON DELETE CASCADE
    );

    CREATE TABLE hint (
        folder_id INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        names TEXT NOT NULL,
        evidence TEXT NOT NULL
    );
    CREATE INDEX hint_by_folder ON hint (folder_id);

    CREATE TABLE layer (
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        position INTEGER NOT NULL,
        role TEXT NOT NULL,
        state TEXT NOT NULL,
        claims INTEGER NOT NULL,
        PRIMARY KEY (storage_id, name)
    );

    CREATE TABLE claim (
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        layer TEXT NOT NULL,
        folder BLOB NOT NULL,
        name BLOB NOT NULL,
        key TEXT,
        size INTEGER,
        mtime_ns INTEGER,
        session TEXT
    );
    CREATE INDEX claim_by_path ON claim (storage_id, folder, name);
    CREATE INDEX claim_by_key ON claim (key);
    CREATE INDEX claim_of_sidecars ON claim (storage_id) WHERE layer = 'sidecars';

    CREATE TABLE session (
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        layer TEXT NOT NULL,
        id TEXT NOT NULL,
        title TEXT NOT NULL,
        started TEXT NOT NULL,
        source TEXT NOT NULL,
        files INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        errors INTEGER NOT NULL,
        document TEXT NOT NULL
    );

    CREATE TABLE finding (
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        layer TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity INTEGER,
        subject TEXT NOT NULL,
        paths TEXT NOT NULL,
        evidence TEXT NOT NULL
    );

    CREATE TABLE conflict (
        id TEXT PRIMARY KEY,
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        severity INTEGER NOT NULL,
        subject TEXT NOT NULL,
        label TEXT NOT NULL,
        paths TEXT NOT NULL,
        evidence TEXT NOT NULL,
        round INTEGER NOT NULL
    );
    CREATE INDEX conflict_in_order ON conflict (storage_id, severity DESC, kind, label, id);
    CREATE INDEX conflict_of_all ON conflict (severity DESC, kind, label, id, storage_id);
    CREATE INDEX conflict_by_kind ON conflict (storage_id, kind, label, id);

    CREATE TABLE scan (
        id INTEGER PRIMARY KEY,
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        mode TEXT NOT NULL,
        deep INTEGER NOT NULL,
        state TEXT NOT NULL,
        began_ns INTEGER NOT NULL,
        started_ns INTEGER NOT NULL,
        finished_ns INTEGER,
        files INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        hashed INTEGER NOT NULL DEFAULT 0,
        added INTEGER NOT NULL DEFAULT 0,
        altered INTEGER NOT NULL DEFAULT 0,
        gone INTEGER NOT NULL DEFAULT 0,
        unreadable INTEGER NOT NULL DEFAULT 0,
        vanished INTEGER NOT NULL DEFAULT 0,
        unstable INTEGER NOT NULL DEFAULT 0,
        message TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX scan_by_storage ON scan (storage_id, id);
    """,
    """
    ALTER TABLE storage ADD COLUMN reference INTEGER NOT NULL DEFAULT 0;

    ALTER TABLE conflict ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
    DROP INDEX conflict_in_order;
    DROP INDEX conflict_of_all;
    DROP INDEX conflict_by_kind;
    CREATE INDEX conflict_in_order ON conflict (storage_id, settled, severity DESC, kind, label, id);
    CREATE INDEX conflict_of_all ON conflict (severity DESC, kind, label, id, storage_id, settled);
    CREATE INDEX conflict_by_kind ON conflict (storage_id, kind, settled, severity DESC, label, id);

    CREATE TABLE decision (
        conflict_id TEXT PRIMARY KEY,
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        others TEXT NOT NULL DEFAULT '',
        choice TEXT NOT NULL,
        reason TEXT NOT NULL,
        path TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        state TEXT NOT NULL,
        batch TEXT NOT NULL DEFAULT '',
        time_ns INTEGER NOT NULL
    );
    CREATE INDEX decision_by_storage ON decision (storage_id, state);
    CREATE INDEX decision_by_batch ON decision (batch);
    """,
    """
    ALTER TABLE conflict ADD COLUMN folded TEXT;
    ALTER TABLE conflict ADD COLUMN size INTEGER;
    ALTER TABLE conflict ADD COLUMN mtime_ns INTEGER;
    ALTER TABLE conflict ADD COLUMN session TEXT;
    ALTER TABLE conflict ADD COLUMN suggested INTEGER NOT NULL DEFAULT 0;
    DROP INDEX conflict_in_order;
    DROP INDEX conflict_of_all;
    CREATE INDEX conflict_in_order ON conflict (
        storage_id, settled, severity DESC, kind, label, id, folded, size, mtime_ns, session, suggested
    );
    CREATE INDEX conflict_of_all ON conflict (
        severity DESC, kind, label, id, storage_id, settled, folded, size, mtime_ns, session, suggested
    );
    UPDATE storage SET changed = 1;
    """,
    """
    CREATE TABLE job (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        storages TEXT NOT NULL,
        args TEXT NOT NULL,
        priority INTEGER NOT NULL,
        here INTEGER NOT NULL,
        place INTEGER NOT NULL,
        state TEXT NOT NULL,
        created_ns INTEGER NOT NULL,
        started_ns INTEGER,
        ended_ns INTEGER,
        message TEXT NOT NULL DEFAULT '',
        progress TEXT,
        owner TEXT NOT NULL DEFAULT '',
        stopping INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX job_in_order ON job (state, priority DESC, place);
    """,
    """
    CREATE TABLE ignore_rule (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        storage_id TEXT REFERENCES storage (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        pattern TEXT NOT NULL,
        reason TEXT NOT NULL,
        time_ns INTEGER NOT NULL
    );
    ALTER TABLE conflict ADD COLUMN rule INTEGER;
    CREATE INDEX conflict_by_rule ON conflict (rule) WHERE rule IS NOT NULL;
    """,
    """
    CREATE TABLE mark (
        owner TEXT NOT NULL,
        conflict_id TEXT NOT NULL,
        PRIMARY KEY (owner, conflict_id)
    ) WITHOUT ROWID;

    CREATE TABLE step (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        words TEXT NOT NULL,
        undone INTEGER NOT NULL
    );
    CREATE INDEX step_by_owner ON step (owner, undone, id);
    CREATE TABLE step_change (
        step INTEGER NOT NULL,
        conflict_id TEXT NOT NULL,
        before TEXT,
        after TEXT,
        PRIMARY KEY (step, conflict_id)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE file ADD COLUMN verified_ns INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX file_by_verified ON file (verified_ns, folder_id) WHERE verified_ns > 0;
    """,
    """
    ALTER TABLE job ADD COLUMN not_before_ns INTEGER;
    ALTER TABLE job ADD COLUMN errors TEXT NOT NULL DEFAULT '[]';
    """,
    """
    CREATE TABLE sync_state (
        storage_id TEXT PRIMARY KEY REFERENCES storage (id) ON DELETE CASCADE,
        state TEXT NOT NULL,
        since_ns INTEGER NOT NULL,
        seen_ns INTEGER NOT NULL,
        program TEXT NOT NULL DEFAULT '',
        program_root BLOB NOT NULL DEFAULT x'',
        newest_path BLOB,
        newest_ns INTEGER
    );

    CREATE TABLE sync_slot (
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        slot INTEGER NOT NULL,
        state TEXT NOT NULL,
        worst TEXT NOT NULL,
        changes INTEGER NOT NULL DEFAULT 0,
        conflicts INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (storage_id, slot)
    ) WITHOUT ROWID;
    """,
    """
    UPDATE storage SET changed = 1; -- labels are written anew by the next scan, as other names are shown with escapes
    """,
    """
    ALTER TABLE storage ADD COLUMN reference_seat TEXT NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE content_key (
        digest BLOB NOT NULL,
        layout TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (digest, layout)
    ) WITHOUT ROWID;
    CREATE INDEX content_key_by_key ON content_key (key);
    """,
    """
    CREATE TABLE gathering (
        storage_id TEXT NOT NULL REFERENCES storage (id) ON DELETE CASCADE,
        place BLOB NOT NULL,
        PRIMARY KEY (storage_id, place)
    ) WITHOUT ROWID;
    """,
    """
    CREATE INDEX content_by_key ON content (key) WHERE key IS NOT NULL;
    """,
)
