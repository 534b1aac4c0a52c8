defmodule Ecto.Adapters.LibSql.TableRebuild do
  @moduledoc false
  # Changes a table in ways that ALTER TABLE cannot: a new table is made from the edited text of the old
  # one, filled, and put in the old one's place.
  #
  # "In its place" is the point. The published recipe drops the old table, and with foreign keys on that
  # deletes its rows first: ON DELETE CASCADE empties the children, inside a transaction without any way
  # to prevent it. Here the two tables exchange their names in sqlite_schema, so that the children keep
  # referring to the name and never see a row go, and what is dropped is a table nobody refers to. It is
  # ordinary transactional SQL: a rollback, or a crash, leaves the old schema and the old rows.
  #
  # Indexes and triggers are dropped before and made again from their own text; views only hold names.

  alias Ecto.Adapters.LibSql.{CreateColumn, CreateTable, Schema}
  alias Ecto.Adapters.LibSql.SQL.Quote

  @savepoint "ecto_libsql_rebuild"

  @doc """
  Rebuilds `table` as `edit` changes its definition. `removed` names columns that disappear.

  ## Options

    * `:check` - `false` copies rows that break a new CHECK constraint
    * everything else goes to `Ecto.Adapters.SQL.query!/4`
  """
  @spec run(
          Ecto.Adapter.adapter_meta(),
          Ecto.Migration.Table.t(),
          [String.t()],
          (CreateTable.t() -> CreateTable.t()),
          keyword()
        ) :: :ok
  def run(meta, table, removed, edit, opts) do
    {check, opts} = Keyword.pop(opts, :check, true)

    state = %{
      meta: meta,
      opts: opts,
      name: to_string(table.name),
      prefix: table.prefix,
      check: check
    }

    if Ecto.Adapters.SQL.in_transaction?(meta) do
      rebuild(state, removed, edit)
    else
      {:ok, :ok} =
        Ecto.Adapters.SQL.transaction(meta, opts, fn -> rebuild(state, removed, edit) end)

      :ok
    end
  end

  defp rebuild(state, removed, edit) do
    old = CreateTable.parse(stored!(state))
    new = edit.(old)
    run_sql(state, "SAVEPOINT #{@savepoint}")

    try do
      replace(state, old, new, removed)
    rescue
      error ->
        run_sql(state, "ROLLBACK TO #{@savepoint}")
        run_sql(state, "RELEASE #{@savepoint}")
        reraise error, __STACKTRACE__
    end

    run_sql(state, "RELEASE #{@savepoint}")
    :ok
  end

  defp replace(state, old, new, removed) do
    before = violations(state)
    {indexes, triggers} = dependents(state, removed)
    views = views(state)
    copy = "ecto_libsql_rebuild_" <> state.name

    run_sql(state, CreateTable.to_sql(new, Quote.table(state.prefix, copy)))
    if not state.check, do: run_sql(state, "PRAGMA ignore_check_constraints=ON")
    run_sql(state, fill(state, copy, old, new))
    if not state.check, do: run_sql(state, "PRAGMA ignore_check_constraints=OFF")

    Enum.each(drops(state, removed), &run_sql(state, &1))
    exchange(state, copy, old, new)
    run_sql(state, ["DROP TABLE " | Quote.table(state.prefix, copy)])
    Enum.each(indexes ++ triggers, &run_sql(state, &1))
    check_views!(state, views)
    check_violations!(state, violations(state) -- before)
  end

  defp stored!(state) do
    Schema.sql(state.meta, "table", state.name, state.prefix) ||
      raise ArgumentError, "cannot change table #{inspect(state.name)}: it does not exist"
  end

  ## Rows

  defp fill(state, copy, old, new) do
    kept =
      for %{kind: :column, name: name} = item <- stored(new),
          column = CreateTable.column(old, name),
          stored?(column),
          do: CreateColumn.parse(item.tokens).name

    rowid = if copy_rowid?(old, new, kept), do: ["rowid"], else: []
    columns = Enum.intersperse(rowid ++ kept, ", ")
    from = Quote.table(state.prefix, state.name)

    if columns == [],
      do: ["SELECT 1"],
      else: [
        "INSERT INTO ",
        Quote.table(state.prefix, copy),
        " (",
        columns,
        ") SELECT ",
        columns,
        " FROM ",
        from
      ]
  end

  # Generated columns fill themselves.
  defp stored(table), do: Enum.filter(table.items, &(&1.kind == :column and stored?(&1)))

  defp stored?(item),
    do: not Enum.any?(CreateColumn.parse(item.tokens).clauses, &(&1.kind == :generated))

  # A rowid that has a name travels with its column.
  defp copy_rowid?(old, new, _kept) do
    not CreateTable.without_rowid?(old) and not CreateTable.without_rowid?(new) and
      not CreateTable.column?(old, "rowid") and not CreateTable.column?(new, "rowid") and
      not rowid_alias?(old)
  end

  defp rowid_alias?(table) do
    Enum.any?(table.items, fn
      %{kind: :column} = item ->
        column = CreateColumn.parse(item.tokens)

        String.upcase(column.type) == "INTEGER" and
          Enum.any?(column.clauses, &(&1.kind == :primary_key))

      %{kind: :constraint} ->
        false
    end)
  end

  ## Names

  defp exchange(state, copy, old, new) do
    schema = [Schema.database(state.prefix), "sqlite_master"]
    run_sql(state, "PRAGMA writable_schema=ON")

    try do
      run_sql(state, exchange_names(schema), [state.name, copy])

      run_sql(state, ["UPDATE ", schema, " SET sql = ?1 WHERE type = 'table' AND name = ?2"], [
        CreateTable.to_sql(new, Quote.name(state.name)),
        state.name
      ])

      run_sql(state, ["UPDATE ", schema, " SET sql = ?1 WHERE type = 'table' AND name = ?2"], [
        CreateTable.to_sql(old, Quote.name(copy)),
        copy
      ])
    after
      run_sql(state, "PRAGMA writable_schema=RESET")
    end
  end

  # The indexes that SQLite made itself carry the table's name in theirs.
  defp exchange_names(schema) do
    other = "CASE tbl_name WHEN ?1 THEN ?2 ELSE ?1 END"

    [
      ["UPDATE ", schema, " SET tbl_name = ", other, ", name = CASE type WHEN 'table' THEN "],
      [other, " ELSE 'sqlite_autoindex_' || ", other],
      " || substr(name, length('sqlite_autoindex_' || tbl_name) + 1) END",
      " WHERE tbl_name IN (?1, ?2) AND (type = 'table' OR name LIKE 'sqlite\\_autoindex\\_%' ESCAPE '\\')"
    ]
  end

  ## What depends on the table

  defp dependents(state, removed) do
    gone = lost_indexes(state, removed)

    objects =
      Schema.rows(
        state.meta,
        [
          ["SELECT type, name, sql FROM ", Schema.database(state.prefix), "sqlite_master"],
          " WHERE tbl_name = ?1 AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
        ],
        [state.name]
      )

    {for(["index", name, sql] <- objects, name not in gone, do: created(state, sql)),
     for(["trigger", _name, sql] <- objects, do: created(state, sql))}
  end

  # The stored text has no database in front of the name.
  defp created(%{prefix: nil}, sql), do: sql

  defp created(%{prefix: prefix}, sql) do
    Regex.replace(
      ~r/^(CREATE\s+(?:UNIQUE\s+)?(?:INDEX|TRIGGER)\s+)/i,
      sql,
      "\\1#{Quote.name(prefix)}."
    )
  end

  defp lost_indexes(state, removed) do
    removed = Enum.map(removed, &String.downcase/1)

    for index <- Schema.indexes(state.meta, state.name, state.prefix),
        Enum.any?(index.columns, &(&1 && String.downcase(&1) in removed)),
        do: index.name
  end

  defp drops(state, _removed) do
    for [type, name] <-
          Schema.rows(
            state.meta,
            [
              ["SELECT type, name FROM ", Schema.database(state.prefix), "sqlite_master"],
              " WHERE tbl_name = ?1 AND type IN ('index', 'trigger') AND sql IS NOT NULL"
            ],
            [state.name]
          ),
        do: ["DROP ", String.upcase(type), ?\s | Quote.table(state.prefix, name)]
  end

  # A view that worked before must work after.
  defp views(state) do
    for [name] <-
          Schema.rows(state.meta, [
            ["SELECT name FROM ", Schema.database(state.prefix), "sqlite_master"],
            " WHERE type = 'view'"
          ]),
        match?({:ok, _}, explain_view(state, name)),
        do: name
  end

  defp check_views!(state, views) do
    Enum.each(views, fn name ->
      case explain_view(state, name) do
        {:ok, _} ->
          :ok

        {:error, error} ->
          raise ArgumentError,
                "table #{inspect(state.name)} cannot be changed so, because view #{inspect(name)} " <>
                  "would break: #{Exception.message(error)}"
      end
    end)
  end

  defp explain_view(state, name) do
    sql = ["EXPLAIN SELECT * FROM " | Quote.table(state.prefix, name)]
    Ecto.Adapters.SQL.query(state.meta, IO.iodata_to_binary(sql), [], state.opts)
  end

  ## Foreign keys

  defp violations(state) do
    for table <- [state.name | children(state)],
        row <-
          Schema.rows(state.meta, [
            ["PRAGMA ", Schema.database(state.prefix), "foreign_key_check("],
            [Quote.name(table), ")"]
          ]),
        do: row
  end

  defp children(state), do: referring(state.meta, state.name, state.prefix)

  @doc "The other tables with a foreign key to `table`."
  @spec referring(Ecto.Adapter.adapter_meta(), String.t(), String.t() | nil) :: [String.t()]
  def referring(meta, table, prefix) do
    query = [
      ["SELECT DISTINCT m.name FROM ", Schema.database(prefix), "sqlite_master AS m, "],
      ["pragma_foreign_key_list(m.name", schema_argument(prefix), ") AS f "],
      "WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE AND m.name <> ?1 COLLATE NOCASE"
    ]

    for [name] <- Schema.rows(meta, query, [table]), do: name
  end

  defp schema_argument(nil), do: []
  defp schema_argument(prefix), do: [", ", Quote.text(to_string(prefix))]

  defp check_violations!(_state, []), do: :ok

  defp check_violations!(state, rows) do
    shown =
      rows
      |> Enum.take(5)
      |> Enum.map_join(", ", fn [table, rowid | _] -> "#{table} row #{rowid}" end)

    raise ArgumentError,
          "changing table #{inspect(state.name)} would break foreign keys of #{length(rows)} rows: #{shown}"
  end

  defp run_sql(state, sql, params \\ []),
    do: Ecto.Adapters.SQL.query!(state.meta, IO.iodata_to_binary(sql), params, state.opts)
end
