defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Fill do
  @moduledoc false
  # Copies the rows into the new table. The constraints of the new table hold for all rows, but for a CHECK
  # that a row broke before: such a row does not stop another change, as with foreign keys.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.{Checks, Tokenizer}
  alias Ecto.Adapters.LibSql.Migration.Rebuild.{Copy, Target}
  alias Ecto.Adapters.LibSql.SQL.Quote

  @spec run(Target.t(), Definition.Table.t(), Definition.Table.t()) :: :ok
  def run(target, old, new) do
    {from, to} = {Target.quoted(target, target.name), Target.quoted(target, Target.copy(target))}
    values = Map.new(target.conversions, &{Tokenizer.fold(&1.column), &1.sql})
    fill = Copy.sql({to, new}, {from, old}, target.removed, values)

    if target.check,
      do: checked(target, fill, {from, old}, {to, new}),
      else: unchecked(target, fill)
  end

  defp checked(target, fill, {from, old}, {to, new}) do
    Target.sql!(target, fill)
    :ok
  rescue
    error in EctoLibSql.Error ->
      before = if failed_check?(error), do: broken(target, Checks.all(old), from), else: []
      if before == [], do: reraise(error, __STACKTRACE__)
      unchecked(target, fill)

      with [check | _] <- broken(target, Checks.all(new) -- before, to) do
        message = "CHECK constraint failed: #{check.name || check.expression}"
        reraise %{error | message: message}, __STACKTRACE__
      end

      :ok
  end

  defp failed_check?(error), do: error.sqlite.extended_code == :constraint_check

  defp unchecked(target, fill) do
    if not Target.local?(target) do
      raise ArgumentError,
            "rows of table #{inspect(target.name)} that break a CHECK constraint cannot be kept on a server: " <>
              "mend them first, and leave out validate: false"
    end

    Target.sql!(target, "PRAGMA ignore_check_constraints=ON")
    Target.sql!(target, fill)
    :ok
  after
    Target.reset!(target, "PRAGMA ignore_check_constraints=OFF")
  end

  @doc "Those of the checks that rows of `table`, a quoted name, break. An expression may name the table."
  @spec broken(Target.t(), [Checks.check()], iodata()) :: [Checks.check()]
  def broken(target, checks, table) do
    Enum.filter(checks, fn check ->
      # The line feed ends what may be a comment at the end of the expression.
      condition = [" WHERE NOT (", check.expression, "\n) LIMIT 1"]
      sql = ["SELECT 1 FROM ", table, " AS ", Quote.name(target.name) | condition]
      Catalog.rows(target.meta, sql) != []
    end)
  end
end
