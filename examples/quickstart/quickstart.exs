# A tour of the local driver on real data: Debian's word list and the ISO tables of countries,
# subdivisions and languages. Run it with `make quickstart`, or with
# `mix run examples/quickstart/quickstart.exs` where the packages wamerican and iso-codes are installed.
#
# Every step checks what it shows; the program fails if anything is not as it says.

Code.require_file("report.exs", __DIR__)

defmodule Quickstart do
  import Quickstart.Report

  alias EctoLibSql.{Native, Result}

  @words "/usr/share/dict/american-english"
  @iso "/usr/share/iso-codes/json"

  @schema """
  CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE country (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, flag TEXT, number INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE subdivision (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
    country TEXT NOT NULL REFERENCES country (code)
  );
  CREATE TABLE language (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, living INTEGER NOT NULL CHECK (living IN (0, 1))
  );
  """

  # SQLite reads the JSON itself: a file becomes rows in one statement.
  @countries """
  INSERT INTO country (code, name, flag, number)
  SELECT value ->> 'alpha_2', value ->> 'name', value ->> 'flag', value ->> 'numeric'
  FROM json_each(?, '$."3166-1"')
  """
  @subdivisions """
  INSERT INTO subdivision (code, name, type, country)
  SELECT value ->> 'code', value ->> 'name', value ->> 'type', substr(value ->> 'code', 1, 2)
  FROM json_each(?, '$."3166-2"')
  """
  @languages """
  INSERT INTO language (code, name, living)
  SELECT value ->> 'alpha_3', value ->> 'name', value ->> 'type' = 'L'
  FROM json_each(?, '$."639-3"')
  """

  def run(path) do
    title("libSQL for Elixir: the local driver on real data")
    {:ok, db} = EctoLibSql.connect(database: path)
    fact("SQLite", value(db, "SELECT sqlite_version()"))
    fact("database", path)

    step(1, "Load real data", fn -> load(db) end)
    step(2, "Typed queries", fn -> typed_queries(db) end)
    step(3, "Prepared lookups", fn -> prepared_lookups(db) end)
    step(4, "A batch with one bad row", fn -> bad_batch(db) end)
    step(5, "Savepoints", fn -> savepoints(db) end)
    step(6, "A cursor in constant memory", fn -> cursor(db) end)
    step(7, "Full-text search", fn -> full_text(db) end)
    step(8, "Change events", fn -> change_events(db) end)
    step(9, "Cancel a query", fn -> cancel(db) end)
    step(10, "What is in the file", fn -> file(db, path) end)

    :ok = EctoLibSql.disconnect([], db)
    IO.puts("\nEverything above was checked while it ran.")
  end

  # --- 1 ---

  defp load(db) do
    {:ok, _} = Native.execute_batch_sql(db, @schema)
    words = @words |> File.stream!() |> Enum.map(&String.trim_trailing(&1, "\n"))

    timed("#{number(length(words))} words, one prepared INSERT in a transaction", fn ->
      {:ok, _} = EctoLibSql.transaction(db, &insert_words(&1, words), mode: :immediate)
    end)

    for {what, file, sql} <- [
          {"countries", "iso_3166-1.json", @countries},
          {"subdivisions", "iso_3166-2.json", @subdivisions},
          {"languages", "iso_639-3.json", @languages}
        ] do
      json = File.read!(Path.join(@iso, file))
      {us, result} = :timer.tc(fn -> EctoLibSql.query!(db, sql, [json]) end)
      fact("#{number(result.num_rows)} #{what} from #{file}, by json_each", duration(us))
    end

    check!(value(db, "SELECT count(*) FROM word") == length(words), "every word has arrived")
    check!(rows(db, "PRAGMA foreign_key_check") == [], "every subdivision has its country")
  end

  defp insert_words(db, words) do
    sql = "INSERT INTO word (text) VALUES (?)"
    {:ok, insert} = Native.prepare(db, sql)
    for word <- words, do: {:ok, 1} = Native.execute_stmt(db, insert, sql, [word])
    :ok = Native.close_stmt(insert)
  end

  # --- 2 ---

  defp typed_queries(db) do
    sql = "SELECT name, flag, number, number / 2.0 AS half, NULL FROM country WHERE code = :code"
    %Result{columns: columns, rows: [row]} = EctoLibSql.query!(db, sql, %{code: "NZ"})
    for {column, value} <- Enum.zip(columns, row), do: fact(column, inspect(value))
    check!(match?(["New Zealand", "🇳🇿", 554, 277.0, nil], row), "text, integer, float and NULL")

    bytes = <<0, 255, 1>>
    [[blob]] = rows(db, "SELECT ?", [{:blob, bytes}])
    check!(blob == bytes, "a blob comes back as its bytes")

    most = """
    SELECT c.name, count(*) FROM country c JOIN subdivision s ON s.country = c.code
    GROUP BY c.code ORDER BY 2 DESC, 1 LIMIT 3
    """

    for [name, count] <- rows(db, most), do: fact("subdivisions of #{name}", number(count))
  end

  # --- 3 ---

  defp prepared_lookups(db) do
    {:ok, lookup} = Native.prepare(db, "SELECT id FROM word WHERE text = ?")

    words =
      for [word] <- rows(db, "SELECT text FROM word ORDER BY random() LIMIT 10000"), do: word

    {us, found} =
      :timer.tc(fn ->
        Enum.count(words, fn word ->
          match?({:ok, %Result{rows: [[_id]]}}, Native.query_stmt(db, lookup, [word]))
        end)
      end)

    fact("10,000 lookups by text, compiled once", "#{Float.round(us / 10_000, 1)} µs each")
    check!(found == 10_000, "every one of them was found")
    :ok = Native.close_stmt(lookup)
  end

  # --- 4 ---

  defp bad_batch(db) do
    insert = "INSERT INTO language (code, name, living) VALUES (?, ?, ?)"
    before = value(db, "SELECT count(*) FROM language")

    batch =
      for n <- 1..1000 do
        # Number 700 says "maybe" where the table wants 0 or 1.
        {insert, ["x#{n}", "Invented language #{n}", if(n == 700, do: "maybe", else: 1)]}
      end

    {:error, reason} = Native.batch_transactional(db, batch)
    say("1,000 rows in one call, the 700th is bad:")
    say("  #{reason}")
    check!(reason =~ "CHECK constraint failed", "the error is SQLite's own")
    check!(value(db, "SELECT count(*) FROM language") == before, "the 699 before it are gone too")

    {:ok, results} = Native.batch_transactional(db, List.delete_at(batch, 699))
    check!(length(results) == 999, "without it, 999 rows are kept")

    %Result{num_rows: 999} =
      EctoLibSql.query!(
        db,
        "DELETE FROM language WHERE code LIKE 'x_%' AND name LIKE 'Invented%'"
      )
  end

  # --- 5 ---

  defp savepoints(db) do
    {:ok, tx} = Native.begin(db, mode: :immediate)
    EctoLibSql.query!(tx, "UPDATE country SET name = upper(name) WHERE code = 'NZ'")
    :ok = Native.create_savepoint(tx, "attempt")
    EctoLibSql.query!(tx, "DELETE FROM subdivision")
    say("inside the savepoint: #{value(tx, "SELECT count(*) FROM subdivision")} subdivisions")
    :ok = Native.rollback_to_savepoint_by_name(tx, "attempt")
    :ok = Native.release_savepoint_by_name(tx, "attempt")
    {:ok, _} = Native.commit(tx)

    count = value(db, "SELECT count(*) FROM subdivision")
    check!(count > 5000, "after rolling back to it, #{number(count)} are there again")

    check!(
      value(db, "SELECT name FROM country WHERE code = 'NZ'") == "NEW ZEALAND",
      "the work around it is kept"
    )
  end

  # --- 6 ---

  defp cursor(db) do
    :erlang.garbage_collect()
    before = :erlang.memory(:total)

    {count, letters, highest} =
      db
      |> EctoLibSql.stream("SELECT id, text FROM word ORDER BY id LIMIT 100000", [], max_rows: 500)
      |> Enum.reduce({0, 0, before}, fn %Result{rows: rows}, {count, letters, highest} ->
        sizes = for [_id, text] <- rows, do: String.length(text)
        {count + length(rows), letters + Enum.sum(sizes), max(highest, :erlang.memory(:total))}
      end)

    :erlang.garbage_collect()
    fact("memory before", megabytes(before))
    fact("highest while reading, 500 rows at a time", megabytes(highest))
    fact("memory after", megabytes(:erlang.memory(:total)))
    check!(count == 100_000, "#{number(count)} rows with #{number(letters)} letters")
    check!(highest - before < 16 * 1_048_576, "within 16 MB of where it began")
  end

  # --- 7 ---

  defp full_text(db) do
    {:ok, _} =
      Native.execute_batch_sql(db, """
      CREATE VIRTUAL TABLE place USING fts5(name, type, tokenize = 'unicode61 remove_diacritics 2');
      INSERT INTO place (rowid, name, type) SELECT rowid, name, type FROM subdivision;
      """)

    found =
      timed("places that match 'sao* OR saint*', best first", fn ->
        rows(db, "SELECT name, type FROM place WHERE place MATCH ? ORDER BY rank", [
          "sao* OR saint*"
        ])
      end)

    for [name, type] <- Enum.take(found, 4), do: say("  #{name} (#{type})")
    check!(Enum.any?(found, fn [name, _] -> name == "São Paulo" end), "accents do not matter")
    check!(length(found) > 50, "#{length(found)} places found")
  end

  # --- 8 ---

  defp change_events(db) do
    {:ok, ref} = Native.subscribe(db, [:update, :commit])

    {:error, :changed_my_mind} =
      EctoLibSql.transaction(db, fn db ->
        EctoLibSql.query!(db, "DELETE FROM word WHERE text = 'zebra'")
        EctoLibSql.rollback(db, :changed_my_mind)
      end)

    %Result{num_rows: 1} = EctoLibSql.query!(db, "INSERT INTO word (text) VALUES ('libsql')")
    id = Native.get_last_insert_rowid(db)
    events = [receive_event(ref), receive_event(ref)]
    :ok = Native.unsubscribe(db, ref)

    for event <- events, do: say(inspect(event))

    check!(
      events == [{:update, :insert, "main", "word", id}, :commit],
      "told of the row that was kept, not of the one that was rolled back"
    )
  end

  defp receive_event(ref) do
    receive do
      {:ecto_libsql, ^ref, event} -> event
    after
      5_000 -> :no_event
    end
  end

  # --- 9 ---

  @endless """
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n
  """

  defp cancel(db) do
    {us, {:error, error}} = :timer.tc(fn -> EctoLibSql.query(db, @endless, [], timeout: 100) end)
    fact("a query without end, with timeout: 100", duration(us))
    check!(error.sqlite.code == :interrupt, "stopped: #{Exception.message(error)}")
    check!(us in 100_000..5_000_000, "not before its time, and not long after")

    {:ok, _timer} = :timer.apply_after(100, Native, :interrupt, [db])
    {us, {:error, error}} = :timer.tc(fn -> EctoLibSql.query(db, @endless) end)
    fact("the same, interrupted by another process after 100 ms", duration(us))
    check!(error.sqlite.code == :interrupt, "stopped: #{Exception.message(error)}")
    check!(value(db, "SELECT 6 * 7") == 42, "the connection is as good as before")
  end

  # --- 10 ---

  defp file(db, path) do
    {:ok, _} = Native.checkpoint(db, :truncate)
    fact("size", megabytes(File.stat!(path).size))
    check!(rows(db, "PRAGMA integrity_check") == [["ok"]], "its integrity check says ok")
  end

  defp rows(db, sql, params \\ []), do: EctoLibSql.query!(db, sql, params).rows

  defp value(db, sql) do
    [[value]] = rows(db, sql)
    value
  end
end

folder = Path.join(System.tmp_dir!(), "libsql-quickstart-#{System.pid()}")
File.mkdir_p!(folder)

try do
  Quickstart.run(Path.join(folder, "quickstart.db"))
after
  File.rm_rf!(folder)
end
