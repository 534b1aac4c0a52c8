defmodule Ecto.Adapters.LibSql.Migration.Conversion.Plan do
  @moduledoc false
  # The conversions that the changes of one `alter table` need, with the defaults that change along.

  alias Ecto.Adapters.LibSql.{Catalog, Definition, Types}
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Migration.{Conversion, ModifyColumn}
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Reference

  @doc "The changes, with a default for each column whose old one has to be converted, and the conversions."
  @spec plan(Ecto.Adapter.adapter_meta(), Ecto.Migration.Table.t(), [tuple()]) ::
          {[tuple()], [Conversion.t()]}
  def plan(meta, table, changes) do
    if Enum.any?(changes, &(elem(&1, 0) == :modify)),
      do: plan_all(meta, table, changes),
      else: {changes, []}
  end

  defp plan_all(meta, table, changes) do
    definition = Definition.Table.parse(Catalog.sql(meta, "table", table.name, table.prefix))
    removed = for change <- changes, elem(change, 0) == :remove, do: key(elem(change, 1))
    opts = [strict: Definition.Table.strict?(definition), table: table.name, jsonb: jsonb?(meta)]

    {changes, conversions} =
      changes |> Enum.map(&change(meta, definition, &1, removed, opts)) |> Enum.unzip()

    {changes, conversions |> Enum.reject(&is_nil/1) |> last_of_each_column()}
  end

  defp change(meta, definition, {:modify, name, type, own} = change, removed, opts) do
    with %{tokens: tokens} <- Definition.Table.column(definition, to_string(name)),
         column = Definition.Column.parse(tokens),
         false <- key(name) in removed or generated?(column),
         plan = planned(column, type, own, opts),
         %Conversion{} = conversion <- plan.(Quote.name(name)) do
      {with_default(meta, change, column, plan), conversion}
    else
      _nothing_to_convert -> {change, nil}
    end
  end

  defp change(_meta, _definition, change, _removed, _opts), do: {change, nil}

  defp planned(column, type, own, opts) do
    written = written(type, [strict: opts[:strict]] ++ own)
    from = List.first(ModifyColumn.was(own))
    &Conversion.plan(column, {type, written}, &1, [from: from] ++ opts)
  end

  defp with_default(meta, {:modify, name, type, own} = change, column, plan) do
    same? = Tokenizer.fold(column.type) == Tokenizer.fold(written(type, own))
    opts = [same_declaration: same? and is_nil(own[:from])]

    with false <- Keyword.has_key?(own, :default),
         sql when is_binary(sql) <-
           Conversion.Default.convert(meta, column, type, opts, &plan.(&1).sql) do
      {:modify, name, type, Keyword.put(own, :default, {:fragment, sql})}
    else
      _it_stays -> change
    end
  end

  defp written(%Reference{type: type}, opts), do: written(type, opts)
  defp written(type, opts), do: Types.column(type, opts)

  defp generated?(column), do: Enum.any?(column.clauses, &(&1.kind == :generated))

  # Of several changes of one column the last decides.
  defp last_of_each_column(conversions),
    do: conversions |> Map.new(&{key(&1.column), &1}) |> Map.values()

  defp jsonb?(meta) do
    [[version]] = Catalog.rows(meta, "SELECT sqlite_version()")
    Version.compare(version, "3.45.0") != :lt
  end

  defp key(name), do: name |> to_string() |> Tokenizer.fold()
end
