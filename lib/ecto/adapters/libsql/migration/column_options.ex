defmodule Ecto.Adapters.LibSql.Migration.ColumnOptions do
  @moduledoc false
  # The columns of a migration command as DDL takes them: their options are known ones, arrays are JSON,
  # defaults are SQL, and actions on single columns are set apart, for the triggers that do them.

  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Migration.Reference

  # Ecto's, of which SQLite has no use for `after`, `fields` and `size`, and this adapter's own.
  @options ~w(primary_key default null size fields precision scale comment after generated start_value increment
              collation from autogenerate)a ++
             ~w(collate check stored autoincrement deferrable unindexed)a
  @flags ~w(null primary_key stored autoincrement)a

  @doc "The commands, and the actions."
  @spec prepare([tuple()]) :: {[tuple()], [DDL.Action.t()]}
  def prepare(changes) do
    {changes, actions} = changes |> Enum.map(&prepare_one/1) |> Enum.unzip()
    {changes, Enum.concat(actions)}
  end

  defp prepare_one({command, name, type, opts}) when command in [:add, :modify] do
    Enum.each(opts, &known!(name, &1))
    {type, actions} = DDL.Action.split(name, type)
    opts = default(opts, type)
    {{command, name, type |> storable() |> deferrable(opts), opts}, actions}
  end

  # The options are for the way back.
  defp prepare_one({:remove, name, _type, opts}) do
    Enum.each(opts, &known!(name, &1))
    {{:remove, name}, []}
  end

  defp prepare_one({:remove, name}), do: {{:remove, name}, []}

  # A misspelt `null: false` would be a column that takes NULL.
  defp known!(name, {key, value}) do
    cond do
      key not in @options ->
        raise ArgumentError,
              "unknown option #{inspect(key)} of column #{inspect(name)}" <> hint(key)

      key in @flags and value not in [true, false, nil] ->
        raise ArgumentError,
              "#{inspect(key)} of column #{inspect(name)} is true or false, got: #{inspect(value)}"

      key == :comment and not (is_nil(value) or is_binary(value)) ->
        raise ArgumentError, "the comment of #{inspect(name)} is a text, got: #{inspect(value)}"

      true ->
        :ok
    end
  end

  defp hint(:unique), do: "; create a unique_index instead"
  defp hint(_key), do: "; known are #{Enum.map_join(@options, ", ", &inspect/1)}"

  # Arrays are JSON texts; DDL takes a type given as text as it is.
  defp storable({:array, _inner}), do: :map
  defp storable(%Reference{} = reference), do: %{reference | type: storable(reference.type)}
  defp storable(type), do: type

  # Ecto's references/2 passes on no options of an adapter, a column does.
  defp deferrable(%Reference{} = reference, opts) do
    case Keyword.fetch(opts, :deferrable) do
      {:ok, value} -> %{reference | options: [{:deferrable, value} | reference.options || []]}
      :error -> reference
    end
  end

  defp deferrable(type, _opts), do: type

  defp default(opts, type) do
    case Keyword.fetch(opts, :default) do
      {:ok, {:fragment, sql}} ->
        Keyword.put(opts, :default, {:fragment, fragment(sql, type)})

      # The type is gone once the column is text, and bits and arrays need it.
      {:ok, value}
      when (is_bitstring(value) and type == :bitstring) or
             (is_list(value) and elem(type, 0) == :array) ->
        Keyword.put(opts, :default, literal(value, type))

      _other ->
        opts
    end
  end

  defp literal(value, type) do
    with sql when sql != nil <- DDL.Default.literal(value, type),
         do: {:fragment, IO.iodata_to_binary(sql)}
  end

  defp fragment(sql, type),
    do: sql |> DDL.CurrentTime.default(plain(type)) |> DDL.Default.parenthesise()

  defp plain(%Reference{type: type}), do: type
  defp plain(type), do: type
end
