defmodule Ecto.Adapters.LibSql.Migration.Rebuild do
  @moduledoc false
  # Changes a table in ways that ALTER TABLE cannot: a new table is made from the edited text of the old
  # one, filled, and put in the old one's place. Where the stored rows stay as they are, only the text is
  # written.
  #
  # "In its place" is the point. The published recipe drops the old table, and with foreign keys on that
  # deletes its rows first: ON DELETE CASCADE empties the children, inside a transaction without any way
  # to prevent it. Here the two tables exchange their names in sqlite_schema, so that the children keep
  # referring to the name and never see a row go, and what is dropped is a table nobody refers to. It is
  # ordinary transactional SQL: a rollback, or a crash, leaves the old schema and the old rows. Servers refuse
  # to write to sqlite_schema; there Replace drops the table and makes it anew.
  #
  # Neither of the two has foreign keys while rows move: they get into the text with the exchange, and
  # are checked at the end against what was broken before.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Migration.Dependents

  alias Ecto.Adapters.LibSql.Migration.Rebuild.{
    Convertible,
    Fill,
    InPlace,
    Objects,
    Replace,
    Schema,
    Target
  }

  alias Ecto.Adapters.LibSql.SQL.Quote

  @savepoint "ecto_libsql_rebuild"

  @doc """
  Inside a transaction, changes the definition of `table`, as `Catalog.table!/2` gives it, by `edit`.

  ## Options

    * `:removed` - columns that disappear
    * `:check` - `false` keeps rows that break a new CHECK constraint
    * `:references` - `false` keeps rows that break a new foreign key
    * `:conversions` - how the values of columns whose type changes are converted
    * everything else goes to `Ecto.Adapters.SQL.query!/4`
  """
  @spec run(
          Ecto.Adapter.adapter_meta(),
          Ecto.Migration.Table.t(),
          (Definition.Table.t() -> Definition.Table.t()),
          keyword()
        ) :: :ok
  def run(meta, table, edit, opts) do
    {own, opts} = Keyword.split(opts, [:removed, :check, :references, :conversions])
    fields = [meta: meta, name: to_string(table.name), prefix: table.prefix, opts: opts]
    target = struct!(Target, [removed: []] ++ fields ++ own)
    old = Definition.Table.parse(Catalog.sql(meta, "table", target.name, target.prefix))
    new = edit.(old)
    same? = new == old and target.conversions == []
    unless same?, do: savepoint(target, fn -> change(target, old, new) end)
    :ok
  end

  defp savepoint(target, fun) do
    Target.sql!(target, "SAVEPOINT #{@savepoint}")

    try do
      fun.()
    rescue
      error ->
        # Where SQLite has rolled back the transaction, there is no savepoint any more: the error counts.
        undo = &Ecto.Adapters.SQL.query(target.meta, &1 <> @savepoint, [], target.opts)
        with {:ok, _} <- undo.("ROLLBACK TO "), do: undo.("RELEASE ")
        reraise error, __STACKTRACE__
    end

    Target.sql!(target, "RELEASE #{@savepoint}")
  end

  defp change(target, old, new) do
    before = violations(target)
    working = Dependents.working(target.meta, target.prefix)
    Convertible.check!(target.meta, target, old, target.conversions)
    in_place? = Target.local?(target) and InPlace.possible?(target, old, new)
    create_copy(target, old, new, in_place?)
    if in_place?, do: write_definition(target, new), else: exchange(target, old, new)
    Dependents.check!(target.meta, target, working)
    check_violations!(target, violations(target) -- before)
  end

  # Also where nothing is copied: SQLite checks the new definition. An error names the table, not its copy.
  defp create_copy(target, old, new, in_place?) do
    quoted = Target.quoted(target, Target.copy(target))
    detached = Definition.Table.detached(new, target.name)
    Target.sql!(target, Definition.Table.to_sql(detached, quoted))
    unless in_place?, do: Fill.run(target, old, new)
  rescue
    error in EctoLibSql.Error ->
      message = String.replace(error.message, Target.copy(target) <> ".", target.name <> ".")
      reraise %{error | message: message}, __STACKTRACE__
  end

  defp write_definition(target, new) do
    drop_copy(target)
    Schema.put(target, new)
  end

  defp exchange(target, old, new) do
    {drops, creates} = Objects.statements(target)
    Enum.each(drops, &Target.sql!(target, &1))

    if Target.local?(target),
      do: Schema.exchange(target, old, new),
      else: Replace.run(target, new)

    drop_copy(target)
    Enum.each(creates, &Target.sql!(target, &1))
  end

  defp drop_copy(target),
    do: Target.sql!(target, ["DROP TABLE " | Target.quoted(target, Target.copy(target))])

  ## Foreign keys

  # The number of a foreign key is left out: it changes when the table gets another one.
  defp violations(target) do
    own = if target.references, do: [target.name], else: []

    for table <- own ++ Catalog.referring(target.meta, target.name, target.prefix),
        [table, rowid, parent, _number] <-
          Catalog.rows(target.meta, [
            ["PRAGMA ", Catalog.database(target.prefix), "foreign_key_check("],
            [Quote.name(table), ")"]
          ]),
        do: {table, rowid, parent}
  end

  defp check_violations!(_target, []), do: :ok

  defp check_violations!(target, rows) do
    shown =
      rows
      |> Enum.take(5)
      |> Enum.map_join(", ", fn {table, rowid, _parent} -> "#{table} row #{rowid}" end)

    raise ArgumentError,
          "changing table #{inspect(target.name)} would break foreign keys of #{length(rows)} rows: #{shown}"
  end
end
