defmodule Ecto.Adapters.LibSql.SQL.Update do
  @moduledoc false
  # UPDATE and DELETE. SQLite's own forms take no joins (DELETE), no left joins before the first inner
  # one (UPDATE) and no LIMIT, so everything beyond a plain WHERE selects the keys of the rows in a sub-query,
  # and for an update the new values with them. The keys are the schema's primary key, else the rowid.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Plan.ColumnTags
  alias Ecto.Adapters.LibSql.SQL.{Array, Expr, Quote, Select, Sources, Typing}
  alias Ecto.Adapters.LibSql.SQL.Typing.Uuid

  @spec update_all(map()) :: iodata()
  def update_all(query) do
    query = Sources.complete(query)
    sources = Sources.create(query, [])
    {table, name} = target(query, sources)

    [
      Select.cte(query, sources),
      ["UPDATE ", table, " AS "],
      if(plain?(query), do: direct(query, sources, name), else: selected(query, sources))
      | returning(query, sources)
    ]
  end

  defp direct(query, sources, name) do
    [name, " SET ", assignments(query, sources, :qualified), Select.where(query, sources)]
  end

  # The target is called "target", so that its name is free for the select.
  defp selected(query, sources) do
    values = changes(query)
    keys = keys(sources)

    sets =
      Enum.map_intersperse(Enum.with_index(values), ", ", fn {{_op, key, _value}, ix} ->
        [Quote.name(key), " = \"change\".", value_name(ix)]
      end)

    selected =
      values
      |> Enum.with_index()
      |> Enum.map(fn {{op, key, value}, ix} ->
        column = Sources.column(sources, 0, key)
        [", ", new_value(op, column, key, value, sources, query), " AS ", value_name(ix)]
      end)

    [
      ["\"target\" SET ", sets, " FROM (SELECT ", key_columns(keys, sources), selected],
      [Select.tables(query, sources), rows(query, sources), ") AS \"change\" WHERE "],
      matching(keys)
    ]
  end

  @spec delete_all(map()) :: iodata()
  def delete_all(query) do
    query = Sources.complete(query)
    sources = Sources.create(query, [])
    {table, name} = target(query, sources)

    [
      Select.cte(query, sources),
      ["DELETE FROM ", table],
      if(plain?(query),
        do: [" AS ", name, Select.where(query, sources)],
        else: chosen(query, sources)
      )
      | returning(query, sources)
    ]
  end

  defp chosen(query, sources) do
    keys = keys(sources)

    [
      [" WHERE ", key(keys), " IN (SELECT "],
      Enum.map_intersperse(keys, ", ", &[alias_of(sources), ?. | &1]),
      Select.tables(query, sources),
      rows(query, sources),
      ")"
    ]
  end

  defp target(%{from: %{source: source}} = query, sources) do
    case elem(sources, 0) do
      {nil, _, _} -> error!(query, "cannot write to #{inspect(source)}, only to a table")
      {table, name, _schema} -> {table, name}
    end
  end

  defp plain?(query) do
    query.joins == [] and query.order_bys == [] and is_nil(query.limit) and
      is_nil(query.offset) and query.group_bys == [] and query.havings == [] and
      Map.get(query.from, :hints, []) == []
  end

  defp rows(query, sources),
    do: [
      Select.group_and_window(query, sources),
      Select.order_by(query, sources) | Select.window_of_rows(query, sources)
    ]

  # `_rowid_` is the least likely of SQLite's three names for the rowid to be a column's name.
  defp keys(sources) do
    keys = with [] <- Sources.primary_key(sources), do: [:_rowid_]
    Enum.map(keys, &Quote.name/1)
  end

  defp key([key]), do: key
  defp key(keys), do: [?(, Enum.intersperse(keys, ", "), ?)]

  defp key_columns(keys, sources) do
    keys
    |> Enum.with_index()
    |> Enum.map_intersperse(", ", fn {key, ix} ->
      [alias_of(sources), ?., key, " AS " | key_name(ix)]
    end)
  end

  defp matching(keys) do
    keys
    |> Enum.with_index()
    |> Enum.map_intersperse(" AND ", fn {key, ix} ->
      ["\"target\".", key, " = \"change\"." | key_name(ix)]
    end)
  end

  defp alias_of(sources), do: elem(elem(sources, 0), 1)

  defp key_name(ix), do: ["\"key", Integer.to_string(ix), ?"]

  defp value_name(ix), do: ["\"value", Integer.to_string(ix), ?"]

  @doc """
  What follows SET. In an upsert the columns stand alone, as users of the text level know them, but for
  arrays: the columns of json_each(), by which these are changed, would hide columns of their names.
  """
  @spec assignments(map(), Sources.t(), :qualified | :upsert) :: iodata()
  def assignments(query, sources, form) do
    Enum.map_intersperse(changes(query), ", ", fn {op, key, value} ->
      alone? = form == :upsert and op not in [:push, :pull]
      column = if alone?, do: Quote.name(key), else: Sources.column(sources, 0, key)
      [Quote.name(key), " = " | new_value(op, column, key, value, sources, query)]
    end)
  end

  defp changes(%{updates: updates}) do
    for %{expr: expr} <- updates,
        {op, changes} <- expr,
        {key, value} <- changes,
        do: {op, key, value}
  end

  defp new_value(:set, _column, key, list, sources, query) when is_list(list),
    do: Array.set(list, Sources.type(sources, 0, key), sources, query)

  defp new_value(:set, _column, key, value, sources, query) do
    Typing.DateTime.stored(value, Sources.type(sources, 0, key), sources, query) ||
      Expr.expr(value, sources, query)
  end

  defp new_value(:inc, column, key, value, sources, query) do
    if Types.exact_decimal?(Sources.type(sources, 0, key)),
      do: ["decimal_add(", column, ", ", Expr.expr(value, sources, query), ?)],
      else: [column, " + " | Expr.operand(value, sources, query)]
  end

  defp new_value(:push, column, key, value, sources, query),
    do: Array.push(column, value, Sources.type(sources, 0, key), sources, query)

  defp new_value(:pull, column, key, value, sources, query),
    do: Array.pull(column, value, Sources.type(sources, 0, key), sources, query)

  defp new_value(op, _column, _key, _value, _sources, query),
    do: error!(query, "unknown update operation #{inspect(op)}")

  # RETURNING knows the columns of the written table alone.
  defp returning(%{select: nil}, _sources), do: []

  defp returning(query, sources) do
    %{select: %{fields: fields}} = query = ColumnTags.mark(query)
    written = Sources.returning(sources, query)
    fields = if fields == [], do: [1], else: fields

    [
      " RETURNING "
      | Enum.map_intersperse(fields, ", ", fn field ->
          if foreign?(field),
            do:
              error!(
                query,
                "a write returns columns of the written table only; read those of joined sources first, by a " <>
                  "query in the same transaction"
              )

          Select.field(field, written, query)
        end)
    ]
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
