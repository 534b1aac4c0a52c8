defmodule Ecto.Adapters.LibSql.SQL.Update do
  @moduledoc false
  # UPDATE and DELETE. SQLite's own forms take no joins (DELETE), no left joins before the first inner
  # one (UPDATE) and no LIMIT, so everything beyond a plain WHERE selects the keys of the rows in a sub-query,
  # and for an update the new values with them. The keys are the schema's primary key, else the rowid.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{
    Array,
    CommonTable,
    Operands,
    Parameter,
    Quote,
    Scope,
    Select,
    SelectedValue
  }

  alias Ecto.Adapters.LibSql.SQL.Typing.Uuid

  @type sql :: Parameter.sql()

  @spec update_all(Scope.t()) :: sql()
  def update_all(scope) do
    table = target(scope)

    [
      CommonTable.clause(scope),
      ["UPDATE ", table, " AS "],
      if(plain?(scope.query), do: direct(scope), else: selected(scope))
      | returning(scope)
    ]
  end

  defp direct(scope),
    do: [Scope.name(scope, 0), " SET ", assignments(scope, :qualified), Select.where(scope)]

  # The target is called "target", so that its name is free for the select.
  defp selected(scope) do
    values = Enum.with_index(changes(scope.query))
    keys = keys(scope)

    sets =
      Enum.map_intersperse(values, ", ", fn {{_op, key, _value}, ix} ->
        [Quote.name(key), " = \"change\".", value_name(ix)]
      end)

    selected =
      Enum.map(values, fn {{op, key, value}, ix} ->
        [
          ", ",
          new_value(op, Scope.column(scope, 0, key), key, value, scope),
          " AS ",
          value_name(ix)
        ]
      end)

    [
      ["\"target\" SET ", sets, " FROM (SELECT ", key_columns(keys, scope), selected],
      [Select.tables(scope), rows(scope), ") AS \"change\" WHERE ", matching(keys)]
    ]
  end

  @spec delete_all(Scope.t()) :: sql()
  def delete_all(scope) do
    table = target(scope)
    rows = if plain?(scope.query), do: deleted(scope), else: chosen(scope)
    [CommonTable.clause(scope), ["DELETE FROM ", table], rows | returning(scope)]
  end

  defp deleted(scope), do: [" AS ", Scope.name(scope, 0) | Select.where(scope)]

  defp chosen(scope) do
    keys = keys(scope)

    [
      [" WHERE ", key(keys), " IN (SELECT "],
      Enum.map_intersperse(keys, ", ", &[Scope.name(scope, 0), ?. | &1]),
      [Select.tables(scope), rows(scope), ")"]
    ]
  end

  defp target(scope) do
    case Scope.source(scope, 0) do
      %{kind: :table, table: table} ->
        table

      _other ->
        error!(
          scope.query,
          "cannot write to #{inspect(scope.query.from.source)}, only to a table"
        )
    end
  end

  defp plain?(query) do
    query.joins == [] and query.order_bys == [] and is_nil(query.limit) and
      is_nil(query.offset) and query.group_bys == [] and query.havings == [] and
      Map.get(query.from, :hints, []) == []
  end

  defp rows(scope),
    do: [Select.group_and_window(scope), Select.order_by(scope) | Select.window_of_rows(scope)]

  # `_rowid_` is the least likely of SQLite's three names for the rowid to be a column's name.
  defp keys(scope) do
    keys = with [] <- Scope.primary_key(scope), do: [:_rowid_]
    Enum.map(keys, &Quote.name/1)
  end

  defp key([key]), do: key
  defp key(keys), do: [?(, Enum.intersperse(keys, ", "), ?)]

  defp key_columns(keys, scope) do
    keys
    |> Enum.with_index()
    |> Enum.map_intersperse(", ", fn {key, ix} ->
      [Scope.name(scope, 0), ?., key, " AS " | key_name(ix)]
    end)
  end

  defp matching(keys) do
    keys
    |> Enum.with_index()
    |> Enum.map_intersperse(" AND ", fn {key, ix} ->
      ["\"target\".", key, " = \"change\"." | key_name(ix)]
    end)
  end

  defp key_name(ix), do: ["\"key", Integer.to_string(ix), ?"]
  defp value_name(ix), do: ["\"value", Integer.to_string(ix), ?"]

  @doc """
  What follows SET. In an upsert the columns are not qualified, as users of the text level know them, but for arrays:
  the columns of json_each(), by which these are changed, would hide columns of their names.
  """
  @spec assignments(Scope.t(), :qualified | :upsert) :: sql()
  def assignments(scope, form) do
    Enum.map_intersperse(changes(scope.query), ", ", fn {op, key, value} ->
      bare? = form == :upsert and op not in [:push, :pull]
      column = if bare?, do: Quote.name(key), else: Scope.column(scope, 0, key)
      [Quote.name(key), " = " | new_value(op, column, key, value, scope)]
    end)
  end

  defp changes(%{updates: updates}) do
    for %{expr: expr} <- updates,
        {op, changes} <- expr,
        {key, value} <- changes,
        do: {op, key, value}
  end

  defp new_value(op, column, key, value, scope),
    do: new_value(op, column, value, Scope.types(scope, 0, key).stored, scope, key)

  defp new_value(:set, _column, list, type, scope, _key) when is_list(list),
    do: Array.set(list, type, scope)

  defp new_value(:set, _column, value, type, scope, _key), do: Operands.stored(value, type, scope)

  defp new_value(:inc, column, value, type, scope, _key),
    do: Operands.incremented(column, value, type, scope)

  defp new_value(:push, column, value, type, scope, _key),
    do: Array.push(column, value, type, scope)

  defp new_value(:pull, column, value, type, scope, _key),
    do: Array.pull(column, value, type, scope)

  defp new_value(op, _column, _value, _type, scope, key),
    do: error!(scope.query, "unknown update operation #{inspect(op)} of #{inspect(key)}")

  # RETURNING knows the columns of the written table only.
  defp returning(%{query: %{select: nil}}), do: []

  defp returning(%{query: %{select: %{fields: fields}} = query} = scope) do
    if Enum.any?(fields, &foreign?/1) do
      error!(
        query,
        "a write returns columns of the written table only; read those of joined sources first, by a " <>
          "query in the same transaction"
      )
    end

    fields =
      if fields == [], do: ["1"], else: SelectedValue.fields(fields, Scope.returning(scope))

    [" RETURNING " | Enum.intersperse(fields, ", ")]
  end

  defp foreign?({:&, _, [ix]}), do: ix > 0
  defp foreign?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> foreign?()
  defp foreign?([head | tail]), do: foreign?(head) or foreign?(tail)
  defp foreign?(_other), do: false

  @doc "The UPDATE of one row."
  @spec update(String.t() | nil, String.t(), [atom()], keyword(), list()) :: iodata()
  def update(prefix, table, fields, filters, returning) do
    sets = Enum.map_intersperse(fields, ", ", &[Quote.name(&1), " = ?"])

    [
      ["UPDATE ", Quote.table(prefix, table), " SET ", sets, filters(filters)]
      | returning_columns(returning)
    ]
  end

  @doc "The DELETE of one row."
  @spec delete(String.t() | nil, String.t(), keyword(), list()) :: iodata()
  def delete(prefix, table, filters, returning) do
    ["DELETE FROM ", Quote.table(prefix, table), filters(filters) | returning_columns(returning)]
  end

  defp filters([]), do: []

  defp filters(filters) do
    conditions =
      Enum.map_intersperse(filters, " AND ", fn
        {field, nil} -> [Quote.name(field), " IS NULL"]
        {field, {:uuid, _value}} -> Uuid.condition(field)
        {field, _value} -> [Quote.name(field), " = ?"]
        field when is_atom(field) -> [Quote.name(field), " = ?"]
      end)

    [" WHERE " | conditions]
  end

  @spec returning_columns([atom() | {:unsafe_fragment, String.t()}]) :: iodata()
  def returning_columns([]), do: []

  def returning_columns(columns) do
    [
      " RETURNING "
      | Enum.map_intersperse(columns, ", ", fn
          {:unsafe_fragment, sql} -> sql
          column -> Quote.name(column)
        end)
    ]
  end
end
