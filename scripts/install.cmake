# What `cmake --install` puts beside the program, and the package that CPack makes of it.
include(GNUInstallDirs)

# Made by the program itself, from its tables.
set(man ${CMAKE_BINARY_DIR}/man)
add_custom_command(OUTPUT ${man}/labctl.1
  COMMAND $<TARGET_FILE:labctl> __man ${man}
  DEPENDS labctl
  COMMENT "Writing the manual's pages")
add_custom_target(man ALL DEPENDS ${man}/labctl.1)
install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")

set(completion ${CMAKE_SOURCE_DIR}/templates/completion)
install(FILES ${completion}/labctl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME labctl)
install(FILES ${completion}/_labctl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${completion}/labctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md README.ko.md SECURITY.md CHANGELOG.md CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES seeds/sample/lab.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "labctl's makers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "running k3s labs of virtual machines from one lab.yaml")
set(CPACK_PACKAGE_DESCRIPTION "labctl makes labs on VMware Workstation or libvirt, without internet:
disks, cloud-init seeds, an offline registry, k3s, and a reason for everything that
does not work.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Neither is needed on a host with VMware Workstation.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libvirt-daemon-system, libvirt-clients, qemu-system-x86, docker-registry")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion")
include(CPack)
