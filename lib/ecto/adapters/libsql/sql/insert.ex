defmodule Ecto.Adapters.LibSql.SQL.Insert do
  @moduledoc false
  # INSERT with its rows, upsert clause and RETURNING.
  #
  # The first cell carries its number and the others are bare `?`, which count on from it: SQLite looks
  # numbered parameters up in a list when it parses, so that numbering them all costs time in the
  # square of their count. A single row is numbered throughout.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Parameter, Quote, Scope, Select, Update}
  alias Ecto.Adapters.LibSql.SQL.Typing.Sources

  @type sql :: Parameter.sql()

  @doc """
  `types` are those of the header's columns, nil where one is not known; nil in place of the list says that no row has
  a query. Parameters in another form are in queries only.
  """
  @spec insert(term(), term(), [atom()], term(), tuple(), list(), list(), [term()] | nil) :: sql()
  def insert(prefix, table, header, rows, on_conflict, returning, placeholders, types) do
    refuse_bare(header, on_conflict)

    [
      ["INSERT INTO ", Quote.table(prefix, table), alias_for(on_conflict)],
      values(header, rows, on_conflict, length(placeholders) + 1, types),
      conflict(on_conflict)
      | Update.returning_columns(returning)
    ]
  end

  # DEFAULT VALUES takes no upsert clause, and OR IGNORE ignores more than conflicts.
  defp refuse_bare([], {action, _, _}) when action != :raise do
    error!(
      nil,
      "SQLite has no ON CONFLICT for a row without fields, so one needs a default of the table's; Repo " <>
        "functions look it up, Connection.insert/7 cannot"
    )
  end

  defp refuse_bare(_header, _on_conflict), do: :ok

  defp alias_for({%{sources: _} = query, _, _}) do
    [" AS " | query |> Sources.top(:ecto) |> Scope.name(0)]
  end

  defp alias_for(_on_conflict), do: []

  defp values([], [_one_row], _on_conflict, _number, _types), do: " DEFAULT VALUES"

  defp values([], rows, _on_conflict, _number, _types) when is_list(rows),
    do: error!(nil, "several rows without fields need one INSERT each; use Repo.insert_all")

  defp values(header, [row], _on_conflict, number, types) do
    cells = row |> written(types) |> Enum.map_reduce(number, &cell(&1, &2, :numbered)) |> elem(0)
    [columns(header), "VALUES (", Enum.intersperse(cells, ", "), ?)]
  end

  # Rows of plain cells are all the same text but for the first number.
  defp values(header, [header | rest] = rows, _on_conflict, number, types) do
    if Enum.all?(rest, &(&1 == header)) do
      cells = List.duplicate("?", length(header) - 1)
      first = [[?? | Integer.to_string(number)] | cells]
      row = [", (", Enum.intersperse(["?" | cells], ", "), ?)]
      others = row |> IO.iodata_to_binary() |> String.duplicate(length(rest))
      [columns(header), "VALUES (", Enum.intersperse(first, ", "), ?) | others]
    else
      [columns(header), "VALUES " | rows |> Enum.map(&written(&1, types)) |> cells(number)]
    end
  end

  defp values(header, rows, _on_conflict, number, types) when is_list(rows),
    do: [columns(header), "VALUES " | rows |> Enum.map(&written(&1, types)) |> cells(number)]

  defp values(header, %{} = query, on_conflict, _number, types),
    do: [columns(header) | query(Scope.complete(query), on_conflict, types)]

  # The cells that are queries, as SQL.
  defp written(row, nil), do: row

  defp written(row, types) do
    Enum.zip_with(row, types, fn
      {%Ecto.Query{} = query, count}, type ->
        {:sql, [?(, query |> Sources.top(:values, [type]) |> Select.query(), ?)], count}

      cell, _type ->
        cell
    end)
  end

  defp cells(rows, number) do
    {rows, _state} =
      Enum.map_reduce(rows, {number, :numbered}, fn row, state ->
        {cells, state} = Enum.map_reduce(row, state, &bare_cell/2)
        {[?(, Enum.intersperse(cells, ", "), ?)], state}
      end)

    Enum.intersperse(rows, ", ")
  end

  defp columns(header), do: [" (", Quote.names(header), ") "]

  # The parser would take the ON of ON CONFLICT for that of a join, unless a WHERE comes first.
  defp query(query, {:raise, _, _}, types), do: selected(query, types)

  defp query(%{combinations: [_ | _]} = query, _on_conflict, types),
    do: ["SELECT * FROM (", selected(query, types), ") WHERE 1"]

  defp query(%{wheres: [], limit: nil, offset: nil, order_bys: []} = query, _on_conflict, types),
    do: selected(%{query | wheres: [%{expr: true, op: :and}]}, types)

  defp query(query, _on_conflict, types),
    do: ["SELECT * FROM (", selected(query, types), ") WHERE 1"]

  defp selected(query, types), do: query |> Sources.top(:values, types) |> Select.query()

  # `state` is the number of the next parameter and whether it must be written.
  defp bare_cell(cell, {number, form}) do
    {sql, next} = cell(cell, number, form)
    {sql, {next, next_form(cell, form)}}
  end

  # A sub-query or placeholder has numbers of its own, from which a bare `?` would count on. Those of a sub-query may
  # be beyond all others: see Plan.
  defp next_form({:sql, _sql, _count}, _form), do: :numbered_throughout
  defp next_form({:placeholder, _}, form), do: form
  defp next_form({:default, _}, form), do: form
  defp next_form(_field, :numbered_throughout), do: :numbered_throughout
  defp next_form(_field, _form), do: :bare

  defp cell({:sql, sql, count}, number, _form), do: {sql, number + count}

  defp cell({:placeholder, index}, number, _form), do: {[?? | to_string(index)], number}
  defp cell({:default, sql}, number, _form), do: {sql, number}

  defp cell(nil, _number, _form) do
    error!(
      nil,
      "SQLite has no DEFAULT in VALUES, so a field that only some rows have needs the table's " <>
        "definition; Repo.insert_all looks it up, Connection.insert/7 cannot"
    )
  end

  defp cell(_field, number, :bare), do: {??, number + 1}
  defp cell(_field, number, _numbered), do: {[?? | Integer.to_string(number)], number + 1}

  defp conflict({:raise, _, _}), do: []

  defp conflict({:nothing, _, target}),
    do: [" ON CONFLICT", target(target), " DO NOTHING"]

  defp conflict({fields, _, target}) when is_list(fields) do
    sets =
      Enum.map_intersperse(fields, ", ", fn field ->
        name = Quote.name(field)
        [name, " = excluded.", name]
      end)

    [" ON CONFLICT", target(target), " DO UPDATE SET ", sets]
  end

  defp conflict({%{sources: _} = query, _, target}) do
    %{query: query} = scope = Sources.top(query, :ecto)
    if query.joins != [], do: error!(query, "joins are not supported in on_conflict queries")
    refuse_cte(query)
    sets = Update.assignments(scope, :upsert)
    [" ON CONFLICT", target(target), " DO UPDATE SET ", sets, Select.where(scope)]
  end

  defp refuse_cte(%{with_ctes: %{queries: [_ | _]}} = query) do
    error!(
      query,
      "SQLite has no WITH in an on_conflict query; use a sub-query in place of with_cte"
    )
  end

  defp refuse_cte(_query), do: :ok

  defp target([]), do: []
  defp target({:unsafe_fragment, sql}), do: [?\s | sql]

  defp target([{:constraint, name}]) do
    error!(
      nil,
      "SQLite cannot name the constraint #{inspect(name)} in ON CONFLICT; Repo functions look its " <>
        "columns up, Connection.insert/7 cannot"
    )
  end

  defp target(columns) when is_list(columns), do: [" (", Quote.names(columns), ?)]
end
