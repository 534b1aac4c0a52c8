defmodule EctoLibSql.EncryptionLibSqlTest do
  # Encrypted files that libSQL reads after us, and we after libSQL: every page size and journal mode, after a clean end and
  # as a crash leaves them.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.NodeLibSql

  @moduletag :slow
  @moduletag :node_libsql
  # `--only slow` includes a test of that tag whatever else excludes it.
  unless NodeLibSql.available?(), do: @moduletag(skip: "no libsql for Node.js")
  @moduletag timeout: 240_000

  @key "a key of 32 bytes, used in tests"
  @sizes [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]
  @modes [:wal, :delete]
  @rows 120
  # What the other side has to find.
  @facts "ok|120|120|84000"
  @query "SELECT count(*) || '|' || max(a) || '|' || sum(length(b)) AS facts FROM t"

  defp ours!(path, size, mode) do
    file!(path,
      encryption_key: @key,
      journal_mode: mode,
      cache_size: 5,
      custom_pragmas: [page_size: size]
    )
  end

  defp facts(state), do: value!(state, "PRAGMA integrity_check") <> "|" <> value!(state, @query)

  defp node_facts(path) do
    NodeLibSql.run!(path, @key, """
    const check = db.prepare('PRAGMA integrity_check').all()[0].integrity_check;
    console.log(check + '|' + db.prepare("#{@query}").all()[0].facts);
    """)
  end

  defp copy(from, to) do
    for ending <- ["", "-wal", "-journal"], File.exists?(from <> ending) do
      File.cp!(from <> ending, to <> ending)
    end
  end

  for size <- @sizes, mode <- @modes do
    test "libSQL reads what we have written: pages of #{size}, #{mode}" do
      path = temp_file()
      hot = path <> "-hot.db"
      state = ours!(path, unquote(size), unquote(mode))
      run!(state, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
      for _ <- 1..@rows, do: run!(state, "INSERT INTO t (b) VALUES (zeroblob(700))")

      # Pages that do not fit the cache are written before the end of a transaction, some of them twice.
      begun = begin!(state, mode: :immediate)
      run!(begun, "UPDATE t SET b = zeroblob(1000)")
      run!(begun, "DELETE FROM t WHERE a > 60")
      copy(path, hot)
      {:ok, _, state} = EctoLibSql.handle_rollback([], begun)
      assert node_facts(hot) == @facts
      EctoLibSql.disconnect([], state)
      assert node_facts(path) == @facts
    end

    test "we read what libSQL has written: pages of #{size}, #{mode}" do
      path = temp_file()
      hot = path <> "-hot.db"

      # With 512-byte pages, libSQL encrypts the headers of a journal's second and later segments, and destroys its own
      # database when it rolls back.
      broken? = unquote(size) == 512 and unquote(mode) == :delete

      change = """
      db.exec('BEGIN IMMEDIATE');
      db.exec('UPDATE t SET b = zeroblob(1000)');
      copy(process.argv[1], process.argv[1] + '-hot.db');
      db.exec('ROLLBACK');
      """

      NodeLibSql.run!(path, @key, """
      db.exec('PRAGMA page_size = #{unquote(size)}');
      db.pragma('journal_mode = #{unquote(mode)}');
      db.exec('PRAGMA cache_size = 5');
      db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
      for (let i = 0; i < #{@rows}; i++) db.exec('INSERT INTO t (b) VALUES (zeroblob(700))');
      #{if broken?, do: "", else: change}
      db.close();
      """)

      state = ours!(path, unquote(size), unquote(mode))
      assert facts(state) == @facts
      assert value!(state, "PRAGMA page_size") == unquote(size)
      unless broken?, do: assert(facts(ours!(hot, unquote(size), unquote(mode))) == @facts)
    end
  end

  test "both write to one file, one after the other" do
    path = temp_file()
    state = ours!(path, 4096, :wal)
    run!(state, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    EctoLibSql.disconnect([], state)

    for round <- 1..3 do
      NodeLibSql.run!(path, @key, "db.exec(\"INSERT INTO t (b) VALUES ('theirs')\"); db.close();")
      state = ours!(path, 4096, :wal)
      run!(state, "INSERT INTO t (b) VALUES ('ours')")
      assert value!(state, "SELECT count(*) FROM t") == 2 * round
      EctoLibSql.disconnect([], state)
    end
  end

  test "libSQL opens a file whose key we have changed, and we one of a short key" do
    path = temp_file()
    state = ours!(path, 4096, :wal)
    run!(state, "CREATE TABLE t AS SELECT 1 AS a")
    EctoLibSql.disconnect([], state)
    new = String.duplicate("n", 32)

    assert :ok = EctoLibSql.rekey([database: path, encryption_key: @key], encryption_key: new)

    assert NodeLibSql.run!(path, new, "console.log(db.prepare('SELECT a FROM t').all()[0].a)") ==
             "1"

    short = temp_file()
    NodeLibSql.run!(short, "short", "db.exec('CREATE TABLE t AS SELECT 2 AS a'); db.close();")
    padding = Base.decode16!("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    key = binary_part("short" <> padding, 0, 32)
    assert value!(file!(short, encryption_key: key), "SELECT a FROM t") == 2
  end
end
