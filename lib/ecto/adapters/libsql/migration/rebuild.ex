defmodule Ecto.Adapters.LibSql.Migration.Rebuild do
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
  # Neither of the two has foreign keys while rows move: they get into the text with the exchange, and
  # are checked at the end against what was broken before.
  #
  # Indexes and triggers are dropped before and made again from their own text; views only hold names.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Definition.{Checks, ColumnReferences, Tokenizer}
  alias Ecto.Adapters.LibSql.Migration.{Dependents, Rebuild}
  alias Ecto.Adapters.LibSql.Query.Transaction
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias EctoLibSql.Connection.Statements
  alias EctoLibSql.Source

  @savepoint "ecto_libsql_rebuild"

  @doc """
  Inside a transaction, rebuilds `table`, as `Catalog.table!/2` gives it, as `edit` changes its definition.
  `removed` names columns that disappear.

  ## Options

    * `:check` - `false` copies rows that break a new CHECK constraint
    * `:conversions` - how the values of columns whose type changes are converted
    * `:references` - `false` lets rows be that break a new foreign key
    * everything else goes to `Ecto.Adapters.SQL.query!/4`
  """
  @spec run(
          Ecto.Adapter.adapter_meta(),
          Ecto.Migration.Table.t(),
          [String.t()],
          (Definition.Table.t() -> Definition.Table.t()),
          keyword()
        ) :: :ok
  def run(meta, table, removed, edit, opts) do
    {check, opts} = Keyword.pop(opts, :check, true)
    {references, opts} = Keyword.pop(opts, :references, true)
    {conversions, opts} = Keyword.pop(opts, :conversions, [])

    state = %{
      meta: meta,
      opts: opts,
      name: to_string(table.name),
      prefix: table.prefix,
      check: check,
      conversions: conversions,
      references: references
    }

    rebuild(state, removed, edit)
  end

  defp rebuild(state, removed, edit) do
    old = Definition.Table.parse(Catalog.sql(state.meta, "table", state.name, state.prefix))
    new = edit.(old)
    run_sql(state, "SAVEPOINT #{@savepoint}")

    try do
      replace(state, old, new, removed)
    rescue
      error ->
        # Where SQLite has rolled back everything, the error is what counts.
        undo = &Ecto.Adapters.SQL.query(state.meta, &1 <> @savepoint, [], state.opts)
        with {:ok, _} <- undo.("ROLLBACK TO "), do: undo.("RELEASE ")
        reraise error, __STACKTRACE__
    end

    run_sql(state, "RELEASE #{@savepoint}")
    :ok
  end

  defp replace(state, old, new, removed) do
    before = violations(state)
    {indexes, triggers} = dependents(state, removed)
    working = Dependents.working(state.meta, state.prefix)
    copy = "ecto_libsql_rebuild_" <> state.name

    Rebuild.Convertible.check!(state.meta, state, old, state.conversions)
    copy_rows(state, copy, old, new, removed)
    Enum.each(drops(state), &run_sql(state, &1))
    exchange(state, copy, old, new)
    run_sql(state, ["DROP TABLE " | Quote.table(state.prefix, copy)])
    Enum.each(indexes ++ triggers, &run_sql(state, &1))
    Dependents.check!(state.meta, state, working)
    check_violations!(state, violations(state) -- before)
  end

  # An error speaks of the table, not of its copy.
  defp copy_rows(state, copy, old, new, removed) do
    loose = Definition.Table.detached(new, state.name)
    quoted = Quote.table(state.prefix, copy)
    from = Quote.table(state.prefix, state.name)
    run_sql(state, Definition.Table.to_sql(loose, quoted))
    fill = Rebuild.Copy.sql({quoted, new}, {from, old}, removed, values(state))

    if state.check,
      do: checked(state, fill, {from, old}, {quoted, new}),
      else: unchecked(state, fill)
  rescue
    error in EctoLibSql.Error ->
      message = String.replace(error.message, copy <> ".", state.name <> ".")
      reraise %{error | message: message}, __STACKTRACE__
  end

  defp values(state), do: Map.new(state.conversions, &{Tokenizer.fold(&1.column), &1.sql})

  # Rows that broke a check before do not stop another change, as with foreign keys; all other checks hold.
  defp checked(state, fill, {from, old}, {to, new}) do
    run_sql(state, fill)
  rescue
    error in EctoLibSql.Error ->
      before = if failed_check?(error), do: broken(state, Checks.all(old), from), else: []
      if before == [], do: reraise(error, __STACKTRACE__)
      unchecked(state, fill)

      with [check | _] <- broken(state, Checks.all(new) -- before, to) do
        message = "CHECK constraint failed: #{check.name || check.expression}"
        reraise %{error | message: message}, __STACKTRACE__
      end
  end

  defp failed_check?(error), do: error.message =~ "CHECK constraint failed"
  defp broken(state, checks, table), do: Checks.broken(checks, state.meta, table, state.name)

  defp unchecked(state, fill) do
    run_sql(state, "PRAGMA ignore_check_constraints=ON")
    run_sql(state, fill)
  after
    put_back(state, "PRAGMA ignore_check_constraints=OFF")
  end

  # A setting of the connection, which outlives the transaction, also one that has been lost.
  defp put_back(%{meta: meta}, pragma) do
    {:ok, _} =
      Source.with_state(Transaction.connection(meta), fn state ->
        Statements.script(%{state | trx_id: nil}, pragma, :plain)
      end)
  end

  ## Names

  defp exchange(state, copy, old, new) do
    schema = [Catalog.database(state.prefix), "sqlite_master"]
    run_sql(state, "PRAGMA writable_schema=ON")

    try do
      run_sql(state, exchange_names(schema), [state.name, copy])

      run_sql(state, ["UPDATE ", schema, " SET sql = ?1 WHERE type = 'table' AND name = ?2"], [
        Definition.Table.to_sql(new, Quote.name(state.name)),
        state.name
      ])

      run_sql(state, ["UPDATE ", schema, " SET sql = ?1 WHERE type = 'table' AND name = ?2"], [
        old |> Definition.Table.detached(state.name) |> Definition.Table.to_sql(Quote.name(copy)),
        copy
      ])
    after
      put_back(state, "PRAGMA writable_schema=RESET")
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
      Catalog.rows(
        state.meta,
        [
          ["SELECT type, name, sql FROM ", Catalog.database(state.prefix), "sqlite_master"],
          " WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
        ],
        [state.name]
      )

    {for(
       ["index", name, sql] <- objects,
       name not in gone,
       do: Catalog.located(sql, state.prefix)
     ), for(["trigger", _name, sql] <- objects, do: Catalog.located(sql, state.prefix))}
  end

  # Other databases remove the indexes of a column with it, be it in an expression or a condition.
  defp lost_indexes(state, removed) do
    for %{name: name} <- Catalog.indexes(state.meta, state.name, state.prefix),
        sql = Catalog.sql(state.meta, "index", name, state.prefix),
        tokens = Tokenizer.scan(sql),
        Enum.any?(removed, &ColumnReferences.in_list?(tokens, &1)),
        do: name
  end

  defp drops(state) do
    for [type, name] <-
          Catalog.rows(
            state.meta,
            [
              ["SELECT type, name FROM ", Catalog.database(state.prefix), "sqlite_master"],
              " WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL"
            ],
            [state.name]
          ),
        do: ["DROP ", String.upcase(type), ?\s | Quote.table(state.prefix, name)]
  end

  ## Foreign keys

  # The number of a foreign key is left out: it changes when the table gets another one.
  defp violations(state) do
    own = if state.references, do: [state.name], else: []

    for table <- own ++ Catalog.referring(state.meta, state.name, state.prefix),
        [table, rowid, parent, _number] <-
          Catalog.rows(state.meta, [
            ["PRAGMA ", Catalog.database(state.prefix), "foreign_key_check("],
            [Quote.name(table), ")"]
          ]),
        do: {table, rowid, parent}
  end

  defp check_violations!(_state, []), do: :ok

  defp check_violations!(state, rows) do
    shown =
      rows
      |> Enum.take(5)
      |> Enum.map_join(", ", fn {table, rowid, _parent} -> "#{table} row #{rowid}" end)

    raise ArgumentError,
          "changing table #{inspect(state.name)} would break foreign keys of #{length(rows)} rows: #{shown}"
  end

  defp run_sql(state, sql, params \\ []),
    do: Ecto.Adapters.SQL.query!(state.meta, IO.iodata_to_binary(sql), params, state.opts)
end
