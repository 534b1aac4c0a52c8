defmodule Ecto.Adapters.LibSql.Migration.ColumnOptions do
  @moduledoc false
  # The columns of a migration command as DDL takes them: their options are known ones that have an effect,
  # arrays are JSON, default fragments are SQL, and actions on single columns are taken out, for triggers.

  alias Ecto.Adapters.LibSql.Migration.{DDL, OnDeleteTriggers}
  alias Ecto.Migration.Reference

  # Ecto's and this adapter's own. `after` has an effect in MySQL only, as Ecto documents. A `size` and the
  # `fields` and `precision` of a duration limit values, which SQLite's types do not.
  @options ~w(primary_key default null size fields precision scale comment after generated start_value increment
              collation from autogenerate)a ++
             ~w(collate check stored autoincrement deferrable unindexed)a
  @flags ~w(null primary_key stored autoincrement)a

  @doc "The commands, and the actions."
  @spec prepare([tuple()]) :: {[tuple()], [OnDeleteTriggers.t()]}
  def prepare(changes) do
    {changes, actions} = changes |> Enum.map(&prepare_one/1) |> Enum.unzip()
    {changes, Enum.concat(actions)}
  end

  defp prepare_one({command, name, type, opts}) when command in [:add, :modify] do
    Enum.each(opts, &known!(name, &1))
    if command == :add, do: refuse_from!(name, opts)
    digits!(name, plain(type), opts)
    {type, actions} = OnDeleteTriggers.split(name, type)
    opts = opts |> default(type) |> arrays(plain(type))
    {{command, name, deferrable(name, type, opts), opts}, actions}
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

  defp refuse_from!(name, opts) do
    if opts[:from] do
      raise ArgumentError,
            "from: is for modify, which needs the old type, got it for #{inspect(name)} in add"
    end
  end

  # Decimals write them into their type, although values are not limited to them. A date and time has the
  # digits of its type.
  defp digits!(_name, :decimal, _opts), do: :ok
  defp digits!(_name, :duration, _opts), do: :ok

  defp digits!(name, type, opts) do
    precision = opts[:precision]

    cond do
      opts[:fields] != nil ->
        raise ArgumentError, "fields: is for :duration, got it for #{inspect(name)}"

      precision == digits(type) and opts[:scale] == nil ->
        :ok

      precision != nil or opts[:scale] != nil ->
        raise ArgumentError,
              "precision: and scale: are for :decimal, got them for #{inspect(name)}, which is " <>
                "#{inspect(type)}; an SQL type may be written with its parentheses, as :\"NUMERIC(9,2)\""

      true ->
        :ok
    end
  end

  defp digits(type) when type in [:utc_datetime, :naive_datetime, :time], do: 0
  defp digits(type) when type in [:utc_datetime_usec, :naive_datetime_usec, :time_usec], do: 6
  defp digits(_type), do: nil

  defp arrays(opts, {:array, _inner}), do: Keyword.put(opts, :json_arrays, true)
  defp arrays(opts, _type), do: opts

  # An option of the column, because Ecto's references/2 passes on none of an adapter.
  defp deferrable(name, type, opts) do
    case {Keyword.fetch(opts, :deferrable), type} do
      {:error, _type} ->
        type

      {{:ok, value}, %Reference{options: options}} ->
        %{type | options: [{:deferrable, value} | options || []]}

      {{:ok, value}, _no_reference} ->
        raise ArgumentError,
              "deferrable: is for references, got #{inspect(value)} for #{inspect(name)}"
    end
  end

  defp default(opts, type) do
    case Keyword.fetch(opts, :default) do
      {:ok, {:fragment, sql}} -> Keyword.put(opts, :default, {:fragment, fragment(sql, type)})
      _other -> opts
    end
  end

  defp fragment(sql, type),
    do: sql |> DDL.CurrentTime.default(plain(type)) |> DDL.Default.parenthesise()

  defp plain(%Reference{type: type}), do: type
  defp plain(type), do: type
end
