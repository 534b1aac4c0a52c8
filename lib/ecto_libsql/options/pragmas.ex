defmodule EctoLibSql.Options.Pragmas do
  @moduledoc false
  # Options that are set by PRAGMA statements: their names, the values they allow, and the order they run in.

  import EctoLibSql.Options.Check

  # SQLite silently converts a number outside of the range to another one.
  @int64 -0x8000000000000000..0x7FFFFFFFFFFFFFFF

  # {option, pragma, allowed values}; the values are atoms, booleans, or a range of integers.
  @pragmas [
    {:auto_vacuum, "auto_vacuum", [:none, :full, :incremental]},
    {:cache_size, "cache_size", -0x80000000..0x7FFFFFFF},
    {:cache_spill, "cache_spill", :boolean_or_integer},
    {:case_sensitive_like, "case_sensitive_like", :boolean},
    {:locking_mode, "locking_mode", [:normal, :exclusive]},
    {:secure_delete, "secure_delete", [:on, :off, :fast, true, false]},
    {:temp_store, "temp_store", [:default, :file, :memory]},
    {:journal_size_limit, "journal_size_limit", @int64},
    {:mmap_size, "mmap_size", @int64}
  ]

  # By which other libraries, or options of a connection, take a key.
  @key_texts ~w(key rekey hexkey hexrekey textkey textrekey cipher encryption_key encryption_cipher encryption_kdf)
  @key_names Enum.map(@key_texts, &String.to_atom/1)

  @words %{
    synchronous: [:extra, :full, :normal, :off],
    journal_mode: [:delete, :truncate, :persist, :memory, :wal, :off]
  }

  @spec word!(keyword(), atom()) :: String.t() | nil
  def word!(opts, key), do: if(opts[key] != nil, do: one_of!(opts[key], key, @words[key]))

  @spec auto_checkpoint!(keyword()) :: integer() | nil
  def auto_checkpoint!(opts) do
    integer!(opts, :wal_auto_check_point, 0..0x7FFFFFFF) ||
      integer!(opts, :wal_autocheckpoint, 0..0x7FFFFFFF)
  end

  @spec all!(keyword()) :: [{String.t(), String.t()}]
  def all!(opts) do
    built_in =
      for {key, name, allowed} <- @pragmas,
          opts[key] != nil,
          do: {name, value!(opts, key, allowed)}

    built_in ++ custom!(opts[:custom_pragmas])
  end

  defp value!(opts, key, %Range{} = range), do: Integer.to_string(integer!(opts, key, range))
  defp value!(opts, key, :boolean), do: if(boolean!(opts, key), do: "on", else: "off")

  defp value!(opts, key, :boolean_or_integer) do
    if is_integer(opts[key]),
      do: value!(opts, key, -0x80000000..0x7FFFFFFF),
      else: value!(opts, key, :boolean)
  end

  defp value!(opts, key, allowed), do: one_of!(opts[key], key, allowed)

  # Values are taken as atoms and, as configuration files often hold them, as strings.
  defp one_of!(value, key, allowed) do
    case Enum.find(allowed, &(&1 == value or Atom.to_string(&1) == value)) do
      nil ->
        refuse(key, "one of #{Enum.map_join(allowed, ", ", &inspect/1)}", value)

      true ->
        "on"

      false ->
        "off"

      word ->
        Atom.to_string(word)
    end
  end

  defp custom!(nil), do: []
  defp custom!(list) when is_list(list), do: Enum.map(list, &custom_pragma!/1)
  defp custom!(_other), do: refuse_custom()

  # SQLite ignores a PRAGMA that it does not know: the data would be written in plain text. The C++ library refuses the
  # names in any other spelling.
  defp custom_pragma!({name, _value})
       when name in @key_names or name in @key_texts do
    refuse(
      "#{name} in the option :custom_pragmas has no effect: the option :encryption_key takes a key"
    )
  end

  defp custom_pragma!({name, value}) when is_atom(name) or is_binary(name) do
    {to_string(name), custom_value!(value)}
  end

  defp custom_pragma!(_other), do: refuse_custom()

  defp custom_value!(true), do: "on"
  defp custom_value!(false), do: "off"

  defp custom_value!(value)
       when is_binary(value) or is_number(value) or (is_atom(value) and value != nil) do
    to_string(value)
  end

  defp custom_value!(_other), do: refuse_custom()

  @spec refuse_custom() :: no_return()
  defp refuse_custom, do: refuse("the option :custom_pragmas must be a list of {name, value}")
end
