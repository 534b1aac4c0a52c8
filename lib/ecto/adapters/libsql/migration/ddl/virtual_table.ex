defmodule Ecto.Adapters.LibSql.Migration.DDL.VirtualTable do
  @moduledoc false
  # `create table(:places, options: [rtree: true])` and `options: [fts5: [...]]`.

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Table

  @spec virtual?(Table.t()) :: boolean()
  def virtual?(%Table{options: options}),
    do: Keyword.keyword?(options) and Enum.any?([:rtree, :fts5], &options[&1])

  @spec create(:create | :create_if_not_exists, Table.t(), list()) :: [iodata()]
  def create(command, %Table{options: options} = table, columns) do
    plain!(table)
    names = for {:add, name, _type, _opts} <- columns, do: name

    arguments =
      if options[:rtree],
        do: rtree!(table, columns, names),
        else: fts5!(options[:fts5], Keyword.delete(options, :fts5), columns)

    module = if options[:rtree], do: "rtree", else: "fts5"
    exists = if command == :create_if_not_exists, do: "IF NOT EXISTS ", else: []
    name = Quote.table(table.prefix, table.name)
    [["CREATE VIRTUAL TABLE ", exists, name, " USING ", module, "(", arguments, ")"]]
  end

  defp plain!(table) do
    for key <- [:comment, :engine, :modifiers], value = Map.get(table, key), value != nil do
      raise ArgumentError,
            "a virtual table has no #{key}, got #{inspect(value)} for #{inspect(table.name)}"
    end
  end

  defp rtree!(table, columns, names) do
    others = table.options |> Keyword.delete(:rtree) |> Keyword.keys()

    if others != [] do
      raise ArgumentError,
            "R*Tree virtual tables do not support standard table options. Found incompatible " <>
              "options: #{Enum.map_join(others, ", ", &inspect/1)}"
    end

    count = length(names)
    message = &"R*Tree tables #{&1}, got #{count}: #{inspect(names)}"

    cond do
      count < 3 ->
        raise ArgumentError, message.("need at least 3 columns (id and one pair of bounds)")

      count > 11 ->
        raise ArgumentError, message.("have a maximum 11 columns (id and 5 dimensions)")

      rem(count, 2) == 0 ->
        raise ArgumentError, message.("need an odd number of columns (id and pairs of bounds)")

      hd(names) != :id ->
        raise ArgumentError,
              "R*Tree tables must have 'id' as the first column, got: #{inspect(hd(names))}"

      true ->
        Enum.each(columns, &number!/1)
        Quote.names(names)
    end
  end

  # All columns are numbers; the first is the key.
  defp number!({:add, name, _type, opts}) do
    case Keyword.drop(opts, [:primary_key, :autogenerate])
         |> Enum.reject(&(elem(&1, 1) == nil)) do
      [] ->
        :ok

      others ->
        raise ArgumentError,
              "a column of an R*Tree is a number without options, got: #{inspect(others)} for " <>
                inspect(name)
    end
  end

  # `fts5: true`, or its options: `fts5: [tokenize: "porter", content: "posts"]`
  # A column may be `unindexed: true`. Ecto's id is the rowid, for which FTS5 has no column.
  defp fts5!(options, [], columns) do
    columns = Enum.reject(columns, fn {:add, name, _type, _opts} -> name == :id end)
    if columns == [], do: raise(ArgumentError, "FTS5 tables need at least one column")
    options = if options == true, do: [], else: options

    settings =
      Enum.map(options, fn {key, value} ->
        [", ", to_string(key), "=", Quote.text(to_string(value))]
      end)

    [Enum.map_intersperse(columns, ", ", &fts5_column!/1), settings]
  end

  defp fts5!(_options, others, _columns) do
    raise ArgumentError,
          "FTS5 virtual tables do not support standard table options, got: #{inspect(others)}"
  end

  defp fts5_column!({:add, name, _type, opts}) do
    case Keyword.drop(opts, [:unindexed, :comment]) |> Enum.reject(&(&1 == {:null, true})) do
      [] ->
        [Quote.name(name), if(opts[:unindexed], do: " UNINDEXED", else: [])]

      others ->
        raise ArgumentError,
              "a column of an FTS5 table is text without constraints, got: #{inspect(others)} for " <>
                "#{inspect(name)}; it may be unindexed: true"
    end
  end
end
