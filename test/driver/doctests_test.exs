defmodule EctoLibSql.DoctestsTest do
  # The examples in the documentation.
  use ExUnit.Case, async: true

  doctest EctoLibSql.Error
  doctest EctoLibSql.JSON
  doctest EctoLibSql.Native.Vectors
  doctest EctoLibSql.Query
  doctest EctoLibSql.Result
  doctest EctoLibSql.State
end
